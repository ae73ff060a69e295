/**
 * Finds objects: smooth the image with a kernel of a star's width, keep what
 * stands above the noise, and part what belongs to different peaks.
 */
import { FWHM_PER_SIGMA, robustSigma } from './stats.mjs';

/**
 * @typedef {object} Detection
 * @property {number} peak index of the highest pixel of the smoothed image
 * @property {number} area pixels
 * @property {boolean} touches whether another object's pixels are adjacent
 */

/** Above this share of valid weight under the kernel, a smoothed pixel can be trusted. */
const MIN_KERNEL_WEIGHT = 0.5;

/** Estimating the smoothed noise needs a sample of the image, not all of it. */
const NOISE_SAMPLES = 50_000;

/**
 * Gaussian smoothing that treats missing pixels as unknown rather than zero.
 * @param {{width: number, height: number, pixels: Float32Array}} image
 * @param {number} fwhm pixels
 * @returns {Float32Array} NaN where most of the kernel falls on missing pixels
 */
export function smooth({ width, height, pixels }, fwhm) {
  const kernel = gaussianKernel(fwhm);
  const values = new Float32Array(pixels.length);
  const valid = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    if (!Number.isFinite(pixels[i])) continue;
    values[i] = pixels[i];
    valid[i] = 1;
  }
  const sum = convolveBothWays(values, width, height, kernel);
  const weight = convolveBothWays(valid, width, height, kernel);
  for (let i = 0; i < sum.length; i++) sum[i] = weight[i] > MIN_KERNEL_WEIGHT ? sum[i] / weight[i] : NaN;
  return sum;
}

function gaussianKernel(fwhm) {
  const sigma = fwhm / FWHM_PER_SIGMA;
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  return kernel.map((value) => value / total);
}

function convolveBothWays(values, width, height, kernel) {
  const radius = (kernel.length - 1) / 2;
  const across = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      const first = Math.max(0, x - radius);
      const last = Math.min(width - 1, x + radius);
      for (let at = first; at <= last; at++) sum += kernel[at - x + radius] * values[y * width + at];
      across[y * width + x] = sum;
    }
  }
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let at = Math.max(0, y - radius); at <= Math.min(height - 1, y + radius); at++) {
      const weight = kernel[at - y + radius];
      for (let x = 0; x < width; x++) out[y * width + x] += weight * across[at * width + x];
    }
  }
  return out;
}

/**
 * Objects above the threshold and the map of which pixel belongs to which.
 * @param {{width: number, height: number, pixels: Float32Array}} image background-subtracted
 * @param {Float32Array} noise of a pixel
 * @param {object} options
 * @param {number} options.fwhm pixels, of the smoothing kernel
 * @param {number} options.sigma threshold in units of the smoothed image's noise
 * @param {number} options.minArea pixels
 * @param {number} options.deblendContrast two peaks are two objects when the dip between them is
 *   deeper than this fraction of the lower one
 * @returns {{detections: Detection[], labels: Int32Array, noiseCorrelation: number}}
 *   `labels` holds 1 + the index into `detections`, or 0; `noiseCorrelation` is 1 for independent
 *   pixels and more when neighbours share their noise, as in resampled or crowded images
 */
export function detect(image, noise, { fwhm, sigma, minArea, deblendContrast }) {
  const smoothed = smooth(image, fwhm);
  const smoothedNoise = noiseRatio(smoothed, noise);
  const order = brightPixels(smoothed, noise, sigma * smoothedNoise);
  const minDip = (index, peak) =>
    Math.max(deblendContrast * peak, sigma * 0.75 * smoothedNoise * noise[index]);
  const basins = floodDownwards(smoothed, image.width, order, minDip);
  const independent = gaussianKernel(fwhm).reduce((sum, weight) => sum + weight * weight, 0);
  return {
    ...collectBasins(basins, order, image.width, minArea),
    noiseCorrelation: Math.max(1, smoothedNoise / independent),
  };
}

/** How much smoothing lowered the noise; measured, because resampled images have correlated pixels. */
function noiseRatio(smoothed, noise) {
  const step = Math.max(1, Math.floor(smoothed.length / NOISE_SAMPLES)) | 1;
  const ratios = [];
  for (let i = 0; i < smoothed.length; i += step) {
    const ratio = smoothed[i] / noise[i];
    if (Number.isFinite(ratio)) ratios.push(ratio);
  }
  return ratios.length > 0 ? robustSigma(ratios) : 0;
}

/** Indices above the threshold, brightest first. */
function brightPixels(smoothed, noise, threshold) {
  const found = [];
  for (let i = 0; i < smoothed.length; i++)
    if (smoothed[i] > threshold * noise[i] && smoothed[i] > 0) found.push(i);
  return Uint32Array.from(found).sort((a, b) => smoothed[b] - smoothed[a] || a - b);
}

/**
 * A watershed: pixels join the basin of their highest labelled neighbour, from
 * the brightest down. Where two basins meet, the lower one is absorbed unless
 * the dip towards the meeting point is deep enough to call it another object.
 */
function floodDownwards(smoothed, width, order, minDip) {
  const label = new Int32Array(smoothed.length);
  const parent = [0];
  const peak = [0];
  const root = (basin) => {
    while (parent[basin] !== basin) basin = parent[basin] = parent[parent[basin]];
    return basin;
  };
  for (const index of order) {
    const roots = [...new Set(labelledNeighbours(label, width, index).map(root))].sort(
      (a, b) => smoothed[peak[b]] - smoothed[peak[a]] || a - b,
    );
    if (roots.length === 0) {
      label[index] = parent.push(parent.length) - 1;
      peak.push(index);
      continue;
    }
    label[index] = roots[0];
    for (const lower of roots.slice(1)) {
      const height = smoothed[peak[lower]];
      if (height - smoothed[index] < minDip(index, height)) parent[lower] = roots[0];
    }
  }
  return { label, peak, root };
}

function labelledNeighbours(label, width, index) {
  const x = index % width;
  const found = [];
  for (let row = index - width; row <= index + width; row += width) {
    if (row < 0 || row >= label.length) continue;
    for (let step = x > 0 ? -1 : 0; step <= (x < width - 1 ? 1 : 0); step++)
      if (label[row + step] > 0) found.push(label[row + step]);
  }
  return found;
}

function collectBasins({ label, peak, root }, order, width, minArea) {
  const area = new Map();
  for (const index of order) {
    const basin = (label[index] = root(label[index]));
    area.set(basin, (area.get(basin) ?? 0) + 1);
  }
  const touching = new Set();
  for (const index of order)
    if (labelledNeighbours(label, width, index).some((other) => other !== label[index]))
      touching.add(label[index]);
  // In reading order, so that equal images give equal numbers.
  const kept = [...area.keys()]
    .filter((basin) => area.get(basin) >= minArea)
    .sort((a, b) => peak[a] - peak[b]);
  const number = new Map(kept.map((basin, i) => [basin, i + 1]));
  for (const index of order) label[index] = number.get(label[index]) ?? 0;
  return {
    detections: kept.map((basin) => ({
      peak: peak[basin],
      area: area.get(basin),
      touches: touching.has(basin),
    })),
    labels: label,
  };
}
