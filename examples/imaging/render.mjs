/**
 * Renders dithered raw exposures of the Pleiades, for demonstrations and tests:
 * `node render.mjs OUTPUT_DIR [--seed N] [--frames 5] [--without-wcs]`. The stars
 * are real (`pleiades.csv`), the camera and its noise are not; equal seeds give
 * equal bytes. Writes pleiades-01.fits and so on, and truth.csv.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writeWhole } from './lib/contract.mjs';
import { formatCsv, parseCsv, toNumber } from './lib/csv.mjs';
import { encodeFitsImage } from './lib/fits-image.mjs';
import { FitsHeader } from './lib/fits-header.mjs';
import { Random } from './lib/random.mjs';
import { exposeStars } from './lib/simulated-exposure.mjs';
import { Wcs } from './lib/wcs.mjs';

/** Small astrograph: 5 arcseconds a pixel put the whole cluster on one frame. */
const CAMERA = Object.freeze({
  width: 1280,
  height: 1080,
  gain: 2,
  readNoise: 6,
  bias: 1000,
  fullScale: 65535,
});
const PIXEL_SCALE_DEG = 5 / 3600;
const CENTRE = Object.freeze([56.83, 24.13]);
const ZERO_POINT = 17.2;
const EXPOSURE_SECONDS = 10;
const FIRST_EXPOSURE = Date.UTC(2024, 10, 7, 21, 14, 0);
const CADENCE_SECONDS = 45;
const ROTATION_DEGREES = 1.5;

/** Pointings in pixels from the centre; further frames repeat them with other fractions of a pixel. */
const DITHERS = Object.freeze([
  [0, 0],
  [38, 24],
  [-31, 42],
  [-44, -27],
  [29, -39],
]);

/**
 * @param {string} directory
 * @param {{seed?: number, frames?: number, withoutWcs?: boolean}} [options]
 * @returns {{frames: string[], truth: string}} paths of what was written
 */
export function renderField(directory, { seed = 1, frames = 5, withoutWcs = false } = {}) {
  const stars = readStars();
  mkdirSync(directory, { recursive: true });
  const written = Array.from({ length: frames }, (_, index) => {
    const path = join(directory, `pleiades-${String(index + 1).padStart(2, '0')}.fits`);
    // A seed of its own for every frame: frame 3 of 5 and frame 3 of 10 are the same.
    writeWhole(path, renderFrame(stars, index, new Random(seed * 1000 + index), withoutWcs));
    return path;
  });
  const truth = join(directory, 'truth.csv');
  const rows = stars.map(({ name, ra, dec, magnitude }) => [
    name,
    Number(ra.toFixed(7)),
    Number(dec.toFixed(7)),
    magnitude,
  ]);
  writeWhole(
    truth,
    formatCsv(['name', 'ra_deg', 'dec_deg', 'mag'], rows, {
      pixel_scale_arcsec: String(PIXEL_SCALE_DEG * 3600),
    }),
  );
  return { frames: written, truth };
}

/** @returns {Array<{name: string, ra: number, dec: number, magnitude: number}>} degrees */
export function readStars() {
  const { rows } = parseCsv(readFileSync(new URL('pleiades.csv', import.meta.url), 'utf8'));
  return rows.map((row) => ({
    name: row.name,
    ra: 15 * sexagesimal(row.ra_hms),
    dec: sexagesimal(row.dec_dms),
    magnitude: toNumber(row.v_mag),
  }));
}

function sexagesimal(text) {
  const [units, minutes, seconds] = text.split(' ').map(Number);
  return Math.sign(units) * (Math.abs(units) + minutes / 60 + seconds / 3600);
}

function renderFrame(stars, index, random, withoutWcs) {
  const wcs = pointing(index, random);
  const conditions = {
    sky: random.between(100, 120),
    fwhm: random.between(2.8, 3.3),
    zeroPoint: ZERO_POINT + random.between(-0.03, 0.03),
    cosmicRays: random.poisson(60),
  };
  const onFrame = stars.map(({ ra, dec, magnitude }) => {
    const [x, y] = wcs.skyToPixel(ra, dec);
    return { x, y, magnitude };
  });
  const pixels = exposeStars(onFrame, CAMERA, conditions, random);
  return encodeFitsImage({
    ...CAMERA,
    pixels,
    bitpix: 16,
    unsigned: true,
    header: describeFrame(index, withoutWcs ? null : wcs, conditions),
  });
}

function pointing(index, random) {
  const [dx, dy] = DITHERS[index % DITHERS.length];
  const angle = ((ROTATION_DEGREES + random.between(-0.2, 0.2)) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) * PIXEL_SCALE_DEG, Math.sin(angle) * PIXEL_SCALE_DEG];
  const crpix = /** @type {[number, number]} */ ([
    (CAMERA.width + 1) / 2 + dx + random.between(-0.5, 0.5),
    (CAMERA.height + 1) / 2 + dy + random.between(-0.5, 0.5),
  ]);
  return new Wcs({
    projection: 'TAN',
    crval: /** @type {[number, number]} */ ([...CENTRE]),
    crpix,
    cd: [-cos, sin, sin, cos],
  });
}

function describeFrame(index, wcs, conditions) {
  const header = new FitsHeader();
  const start = new Date(FIRST_EXPOSURE + index * CADENCE_SECONDS * 1000).toISOString().replace('Z', '');
  header.set('SIMULATE', true, 'rendered from a star catalogue, not observed');
  header
    .set('OBJECT', 'Pleiades')
    .set('TELESCOP', 'Demo Astrograph')
    .set('INSTRUME', 'DEMOCAM')
    .set('FILTER', 'V');
  header.set('DATE-OBS', start, 'UTC, start of the exposure').set('EXPTIME', EXPOSURE_SECONDS, '[s]');
  header
    .set('GAIN', CAMERA.gain, '[electron/count]')
    .set('RDNOISE', CAMERA.readNoise, '[electron]')
    .set('SATURATE', 60000, '[count]');
  header.set('MAGZP', Number(conditions.zeroPoint.toFixed(4)), '[mag] of one count in this image');
  header.set('BUNIT', 'count');
  return wcs === null ? header : wcs.writeTo(header);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string' }, frames: { type: 'string' }, 'without-wcs': { type: 'boolean' } },
  });
  const seed = Number(values.seed ?? 1);
  const frames = Number(values.frames ?? 5);
  if (
    positionals.length !== 1 ||
    !Number.isSafeInteger(seed) ||
    !Number.isSafeInteger(frames) ||
    frames < 1
  ) {
    console.error('usage: node render.mjs OUTPUT_DIR [--seed N] [--frames 5] [--without-wcs]');
    process.exitCode = 2;
  } else {
    const written = renderField(positionals[0], { seed, frames, withoutWcs: values['without-wcs'] });
    for (const path of [...written.frames, written.truth]) console.log(path);
  }
}
