/**
 * Measures detected objects: position, brightness above the local sky, width.
 * Pixel coordinates inside this module count from zero; `Source` has FITS ones.
 */
import { SOURCE_FLAGS, forEachPixelWithin, localSky, sumAperture } from './aperture.mjs';
import { FWHM_PER_SIGMA } from './stats.mjs';

/** @typedef {import('./aperture.mjs').MeasuringContext} MeasuringContext */

/**
 * @typedef {object} Source
 * @property {number} x FITS pixel, windowed centroid
 * @property {number} y FITS pixel
 * @property {number} flux above the local sky, in the aperture, image units
 * @property {number} fluxError one sigma
 * @property {number} peak highest pixel
 * @property {number} fwhm pixels; NaN when the profile is too noisy
 * @property {number} elongation major over minor axis; NaN likewise
 * @property {number} flags sum of `SOURCE_FLAGS`
 */

const CENTROID_STEPS = 12;
const CENTROID_TOLERANCE = 1e-4;

/**
 * @param {MeasuringContext} context
 * @param {import('./detect.mjs').Detection} detection
 * @param {number} label
 * @returns {Source | null} null when no centre can be found near the detection
 */
export function measureSource(context, detection, label) {
  const { image, windowFwhm, apertureRadius } = context;
  const peakX = detection.peak % image.width;
  const peakY = (detection.peak - peakX) / image.width;
  const centre = windowedCentroid(image, peakX, peakY, windowFwhm);
  if (!(Math.hypot(centre.x - peakX, centre.y - peakY) <= windowFwhm)) return null;
  const sky = localSky(context, centre, label);
  const aperture = sumAperture(context, centre, apertureRadius, sky.level, label);
  const shape = gaussianShape(image, centre, windowFwhm, sky.level);
  return {
    x: centre.x + 1,
    y: centre.y + 1,
    flux: aperture.flux,
    fluxError: fluxError(context, detection.peak, aperture, sky),
    peak: aperture.peak,
    ...shape,
    flags: aperture.flags | (detection.touches ? SOURCE_FLAGS.blended : 0),
  };
}

/**
 * Gaussian-weighted centroid, iterated with the doubled step that makes it
 * converge to the true centre (SExtractor's XWIN_IMAGE). NaN when it wanders off.
 */
function windowedCentroid(image, startX, startY, fwhm) {
  const centre = { x: startX, y: startY };
  for (let step = 0; step < CENTROID_STEPS; step++) {
    const { total, sumX, sumY } = weightedOffset(image, centre, fwhm);
    centre.x += (2 * sumX) / total;
    centre.y += (2 * sumY) / total;
    const strayed = !(total > 0 && Math.hypot(centre.x - startX, centre.y - startY) < 2 * fwhm);
    if (strayed) return { x: NaN, y: NaN };
    if (Math.hypot(sumX, sumY) < CENTROID_TOLERANCE * total) break;
  }
  return centre;
}

function weightedOffset({ width, height, pixels }, { x, y }, fwhm) {
  const variance = (fwhm / FWHM_PER_SIGMA) ** 2;
  const radius = Math.ceil(1.5 * fwhm);
  const [column0, row0] = [Math.round(x), Math.round(y)];
  let [total, sumX, sumY] = [0, 0, 0];
  for (let row = Math.max(0, row0 - radius); row <= Math.min(height - 1, row0 + radius); row++) {
    for (
      let column = Math.max(0, column0 - radius);
      column <= Math.min(width - 1, column0 + radius);
      column++
    ) {
      const value = pixels[row * width + column];
      if (!Number.isFinite(value)) continue;
      const weighted = value * Math.exp((-0.5 * ((column - x) ** 2 + (row - y) ** 2)) / variance);
      total += weighted;
      sumX += weighted * (column - x);
      sumY += weighted * (row - y);
    }
  }
  return { total, sumX, sumY };
}

function fluxError({ noise, noiseCorrelation, gain }, peakIndex, aperture, sky) {
  const pixelNoise = aperture.area * (noiseCorrelation * noise[peakIndex]) ** 2;
  const skyError = (aperture.area * sky.error) ** 2;
  const photons = gain ? Math.max(0, aperture.flux) / gain : 0;
  return Math.sqrt(pixelNoise + skyError + photons);
}

/**
 * Width and elongation from second moments under a Gaussian window. For a
 * Gaussian source the window adds to the inverse covariance, and so can be taken
 * out exactly (Bernstein & Jarvis 2002, AJ 123, 583, section 3).
 */
function gaussianShape(image, centre, windowFwhm, sky) {
  const variance = (windowFwhm / FWHM_PER_SIGMA) ** 2;
  let [total, xx, yy, xy] = [0, 0, 0, 0];
  forEachPixelWithin(image, centre, 2 * windowFwhm, (index, distance, column, row) => {
    const value = image.pixels[index] - sky;
    if (!Number.isFinite(value)) return;
    const weighted = value * Math.exp((-0.5 * distance * distance) / variance);
    total += weighted;
    xx += weighted * (column - centre.x) ** 2;
    yy += weighted * (row - centre.y) ** 2;
    xy += weighted * (column - centre.x) * (row - centre.y);
  });
  const moments = [xx / total, yy / total, xy / total];
  const determinant = moments[0] * moments[1] - moments[2] ** 2;
  const a = moments[1] / determinant - 1 / variance;
  const b = moments[0] / determinant - 1 / variance;
  const c = moments[2] / determinant;
  const spread = Math.hypot((a - b) / 2, c);
  const [narrow, wide] = [1 / ((a + b) / 2 + spread), 1 / ((a + b) / 2 - spread)];
  if (!(total > 0 && determinant > 0 && narrow > 0 && wide > 0)) return { fwhm: NaN, elongation: NaN };
  return { fwhm: FWHM_PER_SIGMA * Math.sqrt((narrow + wide) / 2), elongation: Math.sqrt(wide / narrow) };
}
