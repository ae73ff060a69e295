/**
 * From an image to its measured sources. Both steps use it: on every exposure,
 * and again on the mosaic made of them.
 */
import { SOURCE_FLAGS, apertureCorrection } from './aperture.mjs';
import { estimateBackground } from './background.mjs';
import { findCosmicRays } from './cosmic-rays.mjs';
import { detect } from './detect.mjs';
import { measureSource } from './measure.mjs';
import { median } from './stats.mjs';

/** @typedef {import('./measure.mjs').Source} Source */

/**
 * Parameters of the extraction; `pipeline.yaml` documents them for people.
 * @typedef {typeof EXTRACTION_DEFAULTS} ExtractionOptions
 */
export const EXTRACTION_DEFAULTS = Object.freeze({
  detection_sigma: 4,
  min_area_px: 5,
  kernel_fwhm_px: 2.5,
  deblend_contrast: 0.1,
  background_mesh_px: 64,
  aperture_radius_px: 4,
  aperture_correction: true,
  cosmic_ray_sigma: 6,
  cosmic_ray_contrast: 3,
});

/** The brightest detections that set the width of the point spread function. */
const WIDTH_SAMPLE = 200;
const MIN_WIDTH_SNR = 15;

/** Narrower than this fraction of a star's width, a detection is not light from the sky; much wider, it is not a star. */
const SPIKE_WIDTH = 0.6;
const EXTENDED_WIDTH = 1.7;
const EXTENDED_ELONGATION = 2;

/**
 * @param {{width: number, height: number, pixels: Float32Array | Float64Array}} image
 * @param {ExtractionOptions} options
 * @param {{gain?: number | null, saturationLevel?: number | null}} [detector]
 * @returns {{sources: Source[], subtracted: Float32Array, cosmicRays: Int32Array, fwhm: number, apertureFactor: number,
 *   background: import('./background.mjs').Background} | null}
 *   null when the image has no usable pixels; `subtracted` has NaN at cosmic rays; `fwhm` is NaN without stars
 */
export function extractSources(image, options, { gain = null, saturationLevel = null } = {}) {
  const background = estimateBackground(image, options.background_mesh_px);
  if (background === null) return null;
  const subtracted = subtract(image.pixels, background.level);
  const clean = { width: image.width, height: image.height, pixels: subtracted };
  const cosmicRays = maskCosmicRays(clean, background.noise, options);
  const { detections, labels, noiseCorrelation } = detect(clean, background.noise, {
    fwhm: options.kernel_fwhm_px,
    sigma: options.detection_sigma,
    minArea: options.min_area_px,
    deblendContrast: options.deblend_contrast,
  });
  const context = {
    image: clean,
    noise: background.noise,
    labels,
    repaired: maskOf(subtracted.length, cosmicRays),
    saturated: saturationLevel === null ? null : maskAbove(image.pixels, saturationLevel),
    apertureRadius: options.aperture_radius_px,
    gain,
    noiseCorrelation,
    windowFwhm: options.kernel_fwhm_px,
  };
  const { sources, fwhm } = measureAll(context, detections, options.detection_sigma);
  const apertureFactor = options.aperture_correction ? apertureCorrection(context, sources) : 1;
  for (const source of sources) {
    source.flux *= apertureFactor;
    source.fluxError *= apertureFactor;
  }
  return { sources, subtracted, cosmicRays, fwhm, apertureFactor, background };
}

function subtract(pixels, level) {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i++) out[i] = Number.isFinite(pixels[i]) ? pixels[i] - level[i] : NaN;
  return out;
}

function maskCosmicRays(image, noise, options) {
  if (options.cosmic_ray_sigma === 0) return new Int32Array(0);
  const hits = findCosmicRays(image, noise, {
    sigma: options.cosmic_ray_sigma,
    contrast: options.cosmic_ray_contrast,
  });
  for (const index of hits) image.pixels[index] = NaN;
  return hits;
}

function maskOf(length, indices) {
  const mask = new Uint8Array(length);
  for (const index of indices) mask[index] = 1;
  return mask;
}

function maskAbove(pixels, limit) {
  const mask = new Uint8Array(pixels.length);
  for (let i = 0; i < mask.length; i++) if (pixels[i] >= limit) mask[i] = 1;
  return mask;
}

/**
 * Measures a sample first, so that the window of the others has the width stars
 * really have in this exposure. Noise can stand above the threshold in a few
 * pixels; in an aperture it cannot, so the threshold holds for fluxes too.
 */
function measureAll(context, detections, minSnr) {
  const { pixels } = context.image;
  const measure = (windowFwhm, list) =>
    list.map(([detection, label]) => measureSource({ ...context, windowFwhm }, detection, label));
  const numbered = detections.map((detection, i) => /** @type {const} */ ([detection, i + 1]));
  const brightest = [...numbered]
    .sort(([a], [b]) => pixels[b.peak] - pixels[a.peak] || a.peak - b.peak)
    .slice(0, WIDTH_SAMPLE);
  const width = typicalWidth(measure(context.windowFwhm, brightest));
  const sources = measure(Number.isNaN(width) ? context.windowFwhm : width, numbered).filter(
    (source) => source !== null && source.flux > minSnr * source.fluxError,
  );
  const fwhm = typicalWidth(sources);
  const kept = sources.filter((source) => !(source.fwhm < SPIKE_WIDTH * fwhm));
  for (const source of kept) {
    if (source.fwhm > EXTENDED_WIDTH * fwhm || source.elongation > EXTENDED_ELONGATION)
      source.flags |= SOURCE_FLAGS.extended;
  }
  return { sources: kept, fwhm };
}

function typicalWidth(sources) {
  const widths = sources
    .filter((source) => source && source.flags === 0 && source.flux > MIN_WIDTH_SNR * source.fluxError)
    .map((source) => source.fwhm);
  return median(widths.filter(Number.isFinite));
}
