/**
 * Compares a source list with the truth of a rendered field:
 * `node check.mjs SOURCES_CSV TRUTH_CSV [--json]`. Exit code 0 when positions and
 * magnitudes are recovered within the limits below, 1 when not.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { SOURCE_FLAGS } from './lib/aperture.mjs';
import { parseCsv, toNumber } from './lib/csv.mjs';
import { matchMutually } from './lib/match.mjs';
import { median, robustSigma } from './lib/stats.mjs';
import { Wcs } from './lib/wcs.mjs';

export const LIMITS = Object.freeze({
  /** Median of |measured - true| magnitudes. */
  magnitude: 0.03,
  magnitudeScatter: 0.06,
  positionPixels: 0.3,
  /** Share of the true stars that must be found. */
  completeness: 0.85,
});

const MATCH_RADIUS_PIXELS = 1.5;

/** Two stars in one aperture, or only part of one: no photometry can recover those. */
const UNFIT =
  SOURCE_FLAGS.blended | SOURCE_FLAGS.saturated | SOURCE_FLAGS.incomplete | SOURCE_FLAGS.cosmic_ray;

/**
 * @typedef {object} Comparison
 * @property {Array<{name: string, trueMagnitude: number, magnitude: number, difference: number, offsetPixels: number, fit: boolean}>} stars
 *   found ones; `fit` says whether the star counts for the magnitudes
 * @property {string[]} missing names
 * @property {{found: number, compared: number, medianAbsoluteMagnitudeDifference: number, medianMagnitudeDifference: number,
 *   magnitudeScatter: number, medianOffsetPixels: number}} summary
 * @property {string[]} failures sentences; empty when all limits are kept
 */

/**
 * @param {string} sourcesCsv contents of a source list
 * @param {string} truthCsv contents of truth.csv
 * @returns {Comparison}
 */
export function compareWithTruth(sourcesCsv, truthCsv) {
  const truth = parseCsv(truthCsv);
  const scale = toNumber(truth.notes.pixel_scale_arcsec) / 3600;
  const sources = parseCsv(sourcesCsv).rows;
  const toPlane = planeAround(truth.rows, scale);
  const pairs = matchMutually(truth.rows.map(toPlane), sources.map(toPlane), MATCH_RADIUS_PIXELS);
  const stars = pairs.map(([i, j]) => {
    const [star, source] = [truth.rows[i], sources[j]];
    const [a, b] = [toPlane(star), toPlane(source)];
    return {
      name: star.name,
      trueMagnitude: toNumber(star.mag),
      magnitude: toNumber(source.mag),
      difference: toNumber(source.mag) - toNumber(star.mag),
      offsetPixels: Math.hypot(a.x - b.x, a.y - b.y),
      fit: (toNumber(source.flags) & UNFIT) === 0,
    };
  });
  const found = new Set(pairs.map(([i]) => i));
  const summary = summarise(stars);
  return {
    stars,
    missing: truth.rows.filter((_, i) => !found.has(i)).map(({ name }) => name),
    summary,
    failures: failuresOf(summary, truth.rows.length),
  };
}

/** A plane in pixels of the camera, on which distances are plain. */
function planeAround(rows, scale) {
  const crval = /** @type {[number, number]} */ ([
    median(rows.map((row) => toNumber(row.ra_deg))),
    median(rows.map((row) => toNumber(row.dec_deg))),
  ]);
  const plane = new Wcs({ projection: 'TAN', crval, crpix: [0, 0], cd: [-scale, 0, 0, scale] });
  return (row) => {
    const [x, y] = plane.skyToPixel(toNumber(row.ra_deg), toNumber(row.dec_deg));
    return { x, y };
  };
}

function summarise(stars) {
  const differences = stars.filter(({ fit }) => fit).map(({ difference }) => difference);
  return {
    found: stars.length,
    compared: differences.length,
    medianAbsoluteMagnitudeDifference: median(differences.map(Math.abs)),
    medianMagnitudeDifference: median(differences),
    magnitudeScatter: robustSigma(differences),
    medianOffsetPixels: median(stars.map(({ offsetPixels }) => offsetPixels)),
  };
}

function failuresOf(summary, total) {
  const limits = [
    [summary.found >= LIMITS.completeness * total, `only ${summary.found} of ${total} stars were found`],
    [
      summary.medianAbsoluteMagnitudeDifference <= LIMITS.magnitude,
      `magnitudes are off by ${summary.medianAbsoluteMagnitudeDifference.toFixed(3)}, more than ${LIMITS.magnitude}`,
    ],
    [
      summary.magnitudeScatter <= LIMITS.magnitudeScatter,
      `magnitudes scatter by ${summary.magnitudeScatter.toFixed(3)}, more than ${LIMITS.magnitudeScatter}`,
    ],
    [
      summary.medianOffsetPixels <= LIMITS.positionPixels,
      `positions are off by ${summary.medianOffsetPixels.toFixed(3)} pixels, more than ${LIMITS.positionPixels}`,
    ],
  ];
  return limits.filter(([kept]) => !kept).map(([, sentence]) => /** @type {string} */ (sentence));
}

/** @param {Comparison} comparison */
function formatTable({ stars, missing, summary, failures }) {
  const rows = stars.map((star) =>
    [
      star.name.padEnd(20),
      star.trueMagnitude.toFixed(2).padStart(6),
      star.magnitude.toFixed(3).padStart(8),
      star.difference.toFixed(3).padStart(8),
      star.offsetPixels.toFixed(3).padStart(9),
      star.fit ? '' : '  flagged',
    ].join(''),
  );
  return [
    `${'star'.padEnd(20)}  true  measured   diff.  pixels off`,
    ...rows,
    `found ${summary.found}${missing.length > 0 ? `, missing: ${missing.join(', ')}` : ''}`,
    `magnitudes of ${summary.compared} clean stars: median difference ${summary.medianMagnitudeDifference.toFixed(3)}, scatter ${summary.magnitudeScatter.toFixed(3)}`,
    `positions: median ${summary.medianOffsetPixels.toFixed(3)} pixels off`,
    failures.length === 0 ? 'recovered within the limits' : `NOT recovered: ${failures.join('; ')}`,
  ].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  if (positionals.length !== 2) {
    console.error('usage: node check.mjs SOURCES_CSV TRUTH_CSV [--json]');
    process.exitCode = 2;
  } else {
    const comparison = compareWithTruth(
      readFileSync(positionals[0], 'utf8'),
      readFileSync(positionals[1], 'utf8'),
    );
    console.log(values.json ? JSON.stringify(comparison, null, 2) : formatTable(comparison));
    process.exitCode = comparison.failures.length === 0 ? 0 : 1;
  }
}
