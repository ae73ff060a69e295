/** The source list as a file: one row a source, units in the column names. */
import { SOURCE_FLAGS } from './aperture.mjs';
import { formatCsv, parseCsv, toNumber } from './csv.mjs';
import { magnitudeError, magnitudeOf } from './photometry.mjs';

/** @typedef {import('./measure.mjs').Source} Source */

const COLUMNS = [
  'id',
  'x_pix',
  'y_pix',
  'ra_deg',
  'dec_deg',
  'flux',
  'flux_error',
  'peak',
  'mag',
  'mag_error',
  'snr',
  'fwhm_pix',
  'elongation',
  'flags',
];

const FLAG_LEGEND = Object.entries(SOURCE_FLAGS)
  .map(([name, bit]) => `${bit} ${name}`)
  .join(', ');

/**
 * @param {Source[]} sources
 * @param {object} frame
 * @param {string} frame.name what the sources were found on
 * @param {string} frame.id ties this list to its image, whatever both files are called
 * @param {import('./wcs.mjs').Wcs | null} frame.wcs
 * @param {import('./photometry.mjs').Calibration} frame.calibration
 * @param {string} [frame.fluxUnit]
 */
export function formatSourceTable(sources, { name, id, wcs, calibration, fluxUnit = 'counts of the image' }) {
  return formatCsv(COLUMNS, measurements(sources, { wcs, calibration }), {
    frame: name,
    frame_id: id,
    pixels: 'FITS convention, the centre of the first pixel is 1,1',
    coordinates: wcs?.isSky
      ? 'degrees in the reference system of the image'
      : 'none, the image has no usable world coordinates',
    flux: `${fluxUnit}, above the local sky, corrected to a large aperture`,
    magnitude:
      calibration.keyword === null
        ? 'instrumental, zero point 0'
        : `zero point ${round(calibration.zeroPoint, 4)} from ${calibration.keyword}`,
    flags: FLAG_LEGEND,
  });
}

/** What is written of every source, in the order of `COLUMNS`; NaN where there is nothing to say. */
function measurements(sources, { wcs, calibration }) {
  const uncalibrated = calibration.keyword === null ? SOURCE_FLAGS.uncalibrated : 0;
  return sources.map((source, i) => {
    const [ra, dec] = wcs?.isSky ? wcs.pixelToSky(source.x, source.y) : [NaN, NaN];
    return [
      i + 1,
      ...[source.x, source.y].map((value) => round(value, 3)),
      ...[ra, dec].map((value) => round(value, 7)),
      ...[source.flux, source.fluxError, source.peak].map((value) => Number(value.toPrecision(6))),
      round(magnitudeOf(source.flux, calibration.zeroPoint), 4),
      round(magnitudeError(source.flux, source.fluxError), 4),
      Number((source.flux / source.fluxError).toPrecision(4)),
      round(source.fwhm, 3),
      round(source.elongation, 3),
      source.flags | uncalibrated,
    ];
  });
}

/**
 * The same as rows of the result table `sources`, whose columns are named as in the file; units are in `pipeline.yaml`. Flags are names.
 *
 * @param {Source[]} sources
 * @param {{wcs: import('./wcs.mjs').Wcs | null, calibration: import('./photometry.mjs').Calibration}} frame
 * @returns {Record<string, unknown>[]}
 */
export function sourceRows(sources, frame) {
  return measurements(sources, frame).map((values) => {
    const row = Object.fromEntries(COLUMNS.map((column, i) => [column, values[i]]));
    const { id: number, flags, ...measured } = row;
    const raised = Object.entries(SOURCE_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
    return { number, ...measured, flags: raised.map(([name]) => name) };
  });
}

const round = (value, digits) => (Number.isFinite(value) ? Number(value.toFixed(digits)) : NaN);

/**
 * @param {string} text
 * @returns {{id: string, sources: Source[]}} of the frame the list belongs to
 */
export function parseSourceTable(text) {
  const { notes, rows } = parseCsv(text);
  const sources = rows.map((row) => ({
    x: toNumber(row.x_pix),
    y: toNumber(row.y_pix),
    flux: toNumber(row.flux),
    fluxError: toNumber(row.flux_error),
    peak: toNumber(row.peak),
    fwhm: toNumber(row.fwhm_pix),
    elongation: toNumber(row.elongation),
    flags: toNumber(row.flags),
  }));
  return { id: notes.frame_id ?? '', sources };
}
