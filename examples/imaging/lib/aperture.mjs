/**
 * Aperture photometry above the local sky, and what light an aperture misses.
 * Pixel coordinates inside this module count from zero.
 */
import { clippedStatistics, median } from './stats.mjs';

/** Bits of a source's `flags`. The names are part of the source list's format. */
export const SOURCE_FLAGS = Object.freeze({
  blended: 1,
  saturated: 2,
  incomplete: 4,
  cosmic_ray: 8,
  extended: 16,
  uncalibrated: 32,
});

/**
 * @typedef {object} MeasuringContext
 * @property {{width: number, height: number, pixels: Float32Array}} image background-subtracted, missing pixels NaN
 * @property {Float32Array} noise of a pixel
 * @property {number} noiseCorrelation how much the noise of a sum of pixels exceeds that of independent ones
 * @property {Int32Array} labels which object a pixel belongs to, 0 for sky
 * @property {Uint8Array | null} repaired 1 where a cosmic ray was taken out
 * @property {Uint8Array | null} saturated 1 where the detector was full
 * @property {number} windowFwhm pixels, width of the centroid's window
 * @property {number} apertureRadius pixels
 * @property {number | null} gain electrons a unit, for photon noise
 */

/** The sky annulus begins this many aperture radii out and has this width in pixels. */
const ANNULUS_START = 1.8;
const ANNULUS_WIDTH = 5;
const MIN_ANNULUS_PIXELS = 25;

/** Starlight is followed out to this many aperture radii, with the sky in the rings beyond. */
const CORRECTION_REACH = 3;
const SKY_RINGS = 3;
const CORRECTION_MIN_SNR = 40;
const CORRECTION_MIN_STARS = 5;
const CORRECTION_MAX_STARS = 150;

/** Aperture rims are integrated on this many points a side of a pixel. */
const SUBPIXELS = 5;

/** The sky right around a source: what the mesh could not follow, as in nebulae. */
export function localSky({ image, labels, apertureRadius }, centre, label) {
  const inner = ANNULUS_START * apertureRadius;
  const values = [];
  forEachPixelWithin(image, centre, inner + ANNULUS_WIDTH, (index, distance) => {
    const foreign = labels[index] !== 0 && labels[index] !== label;
    if (distance >= inner && !foreign && Number.isFinite(image.pixels[index]))
      values.push(image.pixels[index]);
  });
  if (values.length < MIN_ANNULUS_PIXELS) return { level: 0, error: 0 };
  const { median, sigma, count } = clippedStatistics(Float64Array.from(values), 2.5);
  return { level: median, error: sigma / Math.sqrt(count) };
}

export function sumAperture(context, centre, radius, sky, label) {
  const { image, labels, repaired, saturated } = context;
  const result = { flux: 0, area: 0, peak: -Infinity, flags: 0 };
  const covered = forEachPixelWithin(image, centre, radius + 1, (index, distance, column, row) => {
    const share = coveredShare(column - centre.x, row - centre.y, radius, distance);
    if (share === 0) return;
    let value = image.pixels[index] - sky;
    if (!Number.isFinite(value)) {
      // A star is symmetric: a missing pixel equals the one across the centre.
      value = mirrored(image, centre, column, row) - sky;
      if (!Number.isFinite(value)) value = 0;
      result.flags |= repaired?.[index] ? SOURCE_FLAGS.cosmic_ray : SOURCE_FLAGS.incomplete;
    }
    if (saturated?.[index]) result.flags |= SOURCE_FLAGS.saturated;
    if (labels[index] !== 0 && labels[index] !== label) result.flags |= SOURCE_FLAGS.blended;
    result.flux += share * value;
    result.area += share;
    if (value + sky > result.peak) result.peak = value + sky;
  });
  if (!covered) result.flags |= SOURCE_FLAGS.incomplete;
  return result;
}

function mirrored({ width, height, pixels }, centre, column, row) {
  const x = Math.round(2 * centre.x - column);
  const y = Math.round(2 * centre.y - row);
  return x >= 0 && x < width && y >= 0 && y < height ? pixels[y * width + x] : NaN;
}

/** The share of a pixel inside a circle about the origin. */
function coveredShare(dx, dy, radius, distance) {
  if (distance <= radius - 0.75) return 1;
  if (distance >= radius + 0.75) return 0;
  let inside = 0;
  for (let i = 0; i < SUBPIXELS; i++) {
    for (let j = 0; j < SUBPIXELS; j++) {
      const x = dx + (i + 0.5) / SUBPIXELS - 0.5;
      const y = dy + (j + 0.5) / SUBPIXELS - 0.5;
      if (x * x + y * y <= radius * radius) inside++;
    }
  }
  return inside / (SUBPIXELS * SUBPIXELS);
}

/**
 * Visits the pixels whose centres lie within a radius.
 * @returns {boolean} whether all of the circle lies on the image
 */
export function forEachPixelWithin({ width, height }, centre, radius, visit) {
  const y0 = Math.ceil(centre.y - radius);
  const y1 = Math.floor(centre.y + radius);
  const x0 = Math.ceil(centre.x - radius);
  const x1 = Math.floor(centre.x + radius);
  for (let row = Math.max(0, y0); row <= Math.min(height - 1, y1); row++) {
    for (let column = Math.max(0, x0); column <= Math.min(width - 1, x1); column++) {
      const distance = Math.hypot(column - centre.x, row - centre.y);
      if (distance <= radius) visit(row * width + column, distance, column, row);
    }
  }
  return x0 >= 0 && y0 >= 0 && x1 < width && y1 < height;
}

/**
 * How much more light a star has than falls into the aperture, from the outer
 * profile of bright stars; seeing changes from exposure to exposure, and with it
 * this share. The profile is a median around each ring and over all stars, so
 * that the neighbours every star has in a crowded field do not count as its light.
 * @param {MeasuringContext} context
 * @param {import('./measure.mjs').Source[]} sources
 * @returns {number} factor on fluxes; 1 when there are too few stars to tell
 */
export function apertureCorrection(context, sources) {
  const clean = sources.filter(
    (source) => source.flags === 0 && source.flux > CORRECTION_MIN_SNR * source.fluxError,
  );
  const stars = clean.sort((a, b) => b.flux - a.flux || a.x - b.x).slice(0, CORRECTION_MAX_STARS);
  if (stars.length < CORRECTION_MIN_STARS) return 1;
  const profiles = stars.map((star) => outerProfile(context, star));
  let factor = 1;
  for (let ring = 0; ring < profiles[0].length; ring++) {
    const inner = context.apertureRadius + ring;
    const brightness = median(profiles.map((profile) => profile[ring]).filter(Number.isFinite));
    factor += Math.max(0, brightness || 0) * Math.PI * ((inner + 1) ** 2 - inner ** 2);
  }
  return factor;
}

/** Surface brightness above the sky in rings one pixel wide from the aperture outwards, in units of the star's flux. */
function outerProfile({ image, apertureRadius }, star) {
  const centre = { x: star.x - 1, y: star.y - 1 };
  const outer = Math.round(CORRECTION_REACH * apertureRadius);
  const rings = Array.from({ length: outer - Math.floor(apertureRadius) + SKY_RINGS }, () => []);
  forEachPixelWithin(image, centre, apertureRadius + rings.length, (index, distance) => {
    const ring = Math.floor(distance - apertureRadius);
    if (ring >= 0 && ring < rings.length && Number.isFinite(image.pixels[index]))
      rings[ring].push(image.pixels[index]);
  });
  const sky = median(rings.slice(-SKY_RINGS).flat());
  return rings.slice(0, -SKY_RINGS).map((values) => (median(values) - sky) / star.flux);
}
