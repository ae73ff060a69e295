/** Makes one image of several resampled frames, robust against what only one of them shows. */

/**
 * @typedef {object} Layer
 * @property {import('./resample.mjs').Patch} patch
 * @property {number} factor to the common brightness scale
 * @property {number} offset subtracted after scaling
 * @property {number} noise of a pixel, after scaling
 *
 * @typedef {'clipped_mean' | 'median'} CombineMethod
 */

/**
 * Frames differ in seeing, so that even good pixels disagree on the cores of
 * bright stars by a fraction of their signal.
 */
const SIGNAL_TOLERANCE = 0.15;

/**
 * @param {Layer[]} layers
 * @param {import('./frames.mjs').Box} box of the mosaic to fill
 * @param {{method: CombineMethod, clipSigma: number, featherPixels: number}} options
 *   `featherPixels`: a frame fades in over this distance from its edge, which hides seams
 * @returns {{pixels: Float32Array, coverage: Int16Array}} NaN and 0 where there is no frame
 */
export function combine(layers, box, options) {
  const width = box.x1 - box.x0;
  const pixels = new Float32Array(width * (box.y1 - box.y0)).fill(NaN);
  const coverage = new Int16Array(pixels.length);
  const stack = {
    values: new Float64Array(layers.length),
    weights: new Float64Array(layers.length),
    noises: new Float64Array(layers.length),
  };
  for (let y = box.y0; y < box.y1; y++) {
    const crossing = layers.filter(({ patch }) => y >= patch.box.y0 && y < patch.box.y1);
    for (let x = box.x0; x < box.x1; x++) {
      const count = fillStack(stack, crossing, x, y, options.featherPixels);
      if (count === 0) continue;
      const index = (y - box.y0) * width + x - box.x0;
      pixels[index] = combineStack(stack, count, options);
      coverage[index] = count;
    }
  }
  return { pixels, coverage };
}

function fillStack({ values, weights, noises }, layers, x, y, featherPixels) {
  let count = 0;
  for (const { patch, factor, offset, noise } of layers) {
    const { box } = patch;
    if (x < box.x0 || x >= box.x1) continue;
    const index = (y - box.y0) * (box.x1 - box.x0) + x - box.x0;
    const value = patch.pixels[index];
    if (value !== value) continue;
    values[count] = value * factor - offset;
    weights[count] = Math.min(1, patch.edge[index] / featherPixels) / (noise * noise);
    noises[count] = noise;
    count++;
  }
  return count;
}

function combineStack({ values, weights, noises }, count, { method, clipSigma }) {
  if (count === 1) return values[0];
  const centre = count > 2 || method === 'median' ? medianOf(values, count) : NaN;
  if (method === 'median') return centre;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    // Of two that disagree nothing says which is right; of three or more, the median does.
    const tolerance = clipSigma * Math.hypot(noises[i], SIGNAL_TOLERANCE * centre);
    if (count > 2 && Math.abs(values[i] - centre) > tolerance) continue;
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return total > 0 ? sum / total : centre;
}

function medianOf(values, count) {
  const sorted = values.slice(0, count).sort();
  return count % 2 === 1 ? sorted[count >> 1] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}
