import type { SmallImage } from './shrink.js';

/** The sky is this many sigma above black, so that its grain just shows. */
const BLACK_SIGMA = 2;
/** White is at least this many sigma above the sky: an empty field must not look full of stars. */
const MIN_WHITE_SIGMA = 8;
const WHITE_QUANTILE = 0.997;
/** Below so many sigma brightness is linear, above it logarithmic. */
const SOFTENING_SIGMA = 4;

/**
 * Gray levels row by row from the top: FITS has its first row at the bottom. Pixels without a value are 0, all others 1 to 255; null when no
 * pixel has a value.
 *
 * Sky and noise are the median and 1.4826 times the median absolute deviation, so that neither stars nor bad pixels move them.
 */
export function stretch({ width, height, values }: SmallImage): Uint8Array | null {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) return null;
  const tone = toneCurve(sorted);
  const gray = new Uint8Array(values.length);
  for (let y = 0; y < height; y += 1) {
    const source = (height - 1 - y) * width;
    for (let x = 0; x < width; x += 1) {
      const value = values[source + x] ?? Number.NaN;
      if (Number.isFinite(value)) gray[y * width + x] = 1 + Math.round(254 * tone(value));
    }
  }
  return gray;
}

/** From values to 0 … 1. `sorted` are all values there are. */
function toneCurve(sorted: Float64Array): (value: number) => number {
  const [lowest, highest] = [quantile(sorted, 0), quantile(sorted, 1)];
  const sky = quantile(sorted, 0.5);
  const sigma = 1.4826 * quantile(sorted.map((value) => Math.abs(value - sky)).sort(), 0.5);
  // Most pixels have one value: a mask, a map of few values.
  if (!(sigma > 0)) return linear(lowest, highest);
  const black = Math.max(lowest, sky - BLACK_SIGMA * sigma);
  const white = Math.min(highest, Math.max(quantile(sorted, WHITE_QUANTILE), sky + MIN_WHITE_SIGMA * sigma));
  const straight = linear(black, white);
  const softening = (white - black) / (SOFTENING_SIGMA * sigma);
  return (value) => Math.asinh(softening * straight(value)) / Math.asinh(softening);
}

/** An image of one value is gray. */
const linear =
  (black: number, white: number) =>
  (value: number): number =>
    white > black ? Math.min(1, Math.max(0, (value - black) / (white - black))) : 0.5;

const quantile = (sorted: Float64Array, part: number): number =>
  sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
