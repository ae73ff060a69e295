/** A look at an image: shrunk to fit a screen, with the faint made visible and the bright not burnt out. */
import { encodeGrayPng } from './png.mjs';
import { clippedStatistics, finiteValues, quantileOfSorted } from './stats.mjs';

/** @typedef {'asinh' | 'linear' | 'log'} Stretch */
export const STRETCHES = Object.freeze(['asinh', 'linear', 'log']);

/** The sky sits this many sigma above black, so that its grain just shows. */
const BLACK_SIGMA = 1.2;
const WHITE_QUANTILE = 0.9995;
/** White is at least this many sigma above the sky, or an empty field would show nothing but noise. */
const MIN_WHITE_SIGMA = 25;
/** Below this many sigma the asinh stretch is linear, above it logarithmic. */
const SOFTENING_SIGMA = 2;
const STATISTICS_SAMPLES = 200_000;

/**
 * @param {{width: number, height: number, pixels: Float32Array | Float64Array}} image FITS order; missing pixels become black
 * @param {{stretch: Stretch, maxSide?: number}} options
 * @returns {Buffer} a PNG, up as in the sky
 */
export function renderPreview(image, { stretch, maxSide = 1024 }) {
  const small = shrink(image, maxSide);
  const tone = toneCurve(small.pixels, stretch);
  const gray = new Uint8Array(small.pixels.length);
  for (let y = 0; y < small.height; y++) {
    // FITS counts rows from the bottom, PNG from the top.
    const row = (small.height - 1 - y) * small.width;
    for (let x = 0; x < small.width; x++) gray[row + x] = tone(small.pixels[y * small.width + x]);
  }
  return encodeGrayPng(small.width, small.height, gray);
}

/** Averages the pixels that fall on each pixel of the preview, in proportion to their overlap. */
function shrink({ width, height, pixels }, maxSide) {
  const factor = Math.max(1, width / maxSide, height / maxSide);
  if (factor === 1) return { width, height, pixels };
  const target = {
    width: Math.max(1, Math.round(width / factor)),
    height: Math.max(1, Math.round(height / factor)),
  };
  const columns = overlaps(width, target.width);
  const rows = overlaps(height, target.height);
  const out = new Float32Array(target.width * target.height);
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++)
      out[y * target.width + x] = average(pixels, width, rows[y], columns[x]);
  }
  return { ...target, pixels: out };
}

/** For each cell along an axis, the pixels it covers and how much of each. */
function overlaps(length, cells) {
  const size = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const [start, end] = [cell * size, (cell + 1) * size];
    const first = Math.floor(start);
    const weights = [];
    for (let at = first; at < Math.min(length, Math.ceil(end - 1e-9)); at++)
      weights.push(Math.min(end, at + 1) - Math.max(start, at));
    return { first, weights };
  });
}

function average(pixels, width, rows, columns) {
  let sum = 0;
  let total = 0;
  for (let j = 0; j < rows.weights.length; j++) {
    for (let i = 0; i < columns.weights.length; i++) {
      const value = pixels[(rows.first + j) * width + columns.first + i];
      if (!Number.isFinite(value)) continue;
      sum += rows.weights[j] * columns.weights[i] * value;
      total += rows.weights[j] * columns.weights[i];
    }
  }
  return total > 0 ? sum / total : NaN;
}

/** @returns {(value: number) => number} gray level 0..255 */
function toneCurve(pixels, stretch) {
  const step = Math.max(1, Math.floor(pixels.length / STATISTICS_SAMPLES)) | 1;
  const sample = finiteValues(everyNth(pixels, step)).sort();
  if (sample.length === 0) return () => 0;
  const white0 = quantileOfSorted(sample, WHITE_QUANTILE);
  const sky = clippedStatistics(sample.slice());
  const sigma = sky.sigma || Math.abs(sky.median) * 1e-6 || 1;
  const black = sky.median - BLACK_SIGMA * sigma;
  const white = Math.max(white0, sky.median + MIN_WHITE_SIGMA * sigma);
  const curve = curves(stretch, (white - black) / (SOFTENING_SIGMA * sigma));
  return (value) =>
    Number.isFinite(value)
      ? Math.round(255 * curve(Math.min(1, Math.max(0, (value - black) / (white - black)))))
      : 0;
}

function* everyNth(pixels, step) {
  for (let i = 0; i < pixels.length; i += step) yield pixels[i];
}

/** Tone curves from 0..1 to 0..1; `range` is the span from black to white in units of the softening. */
function curves(stretch, range) {
  switch (stretch) {
    case 'asinh':
      return (t) => Math.asinh(range * t) / Math.asinh(range);
    case 'log':
      return (t) => Math.log1p(1000 * t) / Math.log1p(1000);
    case 'linear':
      return (t) => t;
    default:
      throw new RangeError(`preview_stretch must be one of ${STRETCHES.join(', ')}, not ${stretch}`);
  }
}
