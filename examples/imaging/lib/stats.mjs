/**
 * Robust statistics on typed arrays. Every function ignores nothing by itself:
 * callers pass finite values, collected with `finiteValues` where needed.
 */

/** A Gaussian's standard deviation over its median absolute deviation. */
const SIGMA_PER_MAD = 1.4826;

/** The full width at half maximum of a Gaussian over its standard deviation. */
export const FWHM_PER_SIGMA = 2.3548200450309493;

/**
 * The finite elements as a new array.
 * @param {Iterable<number>} values
 */
export const finiteValues = (values) => Float64Array.from(values).filter(Number.isFinite);

/**
 * Median of finite values (mean of the middle two for an even count); NaN when there are none.
 * @param {Iterable<number>} values
 */
export const median = (values) => medianOfSorted(Float64Array.from(values).sort());

/**
 * Median of an ascending array between two indices.
 * @param {ArrayLike<number>} sorted
 */
export function medianOfSorted(sorted, start = 0, end = sorted.length) {
  if (end <= start) return NaN;
  const middle = (start + end) >> 1;
  return (end - start) % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Value at a fraction (0..1) of an ascending array, linearly interpolated; NaN when empty.
 * @param {ArrayLike<number>} sorted
 * @param {number} fraction
 */
export function quantileOfSorted(sorted, fraction) {
  if (sorted.length === 0) return NaN;
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/**
 * Standard deviation estimated from the median absolute deviation; NaN when empty.
 * @param {Iterable<number>} values
 */
export function robustSigma(values) {
  const list = Float64Array.from(values);
  const centre = median(list);
  return SIGMA_PER_MAD * median(list.map((value) => Math.abs(value - centre)));
}

/**
 * Median and standard deviation of the values that survive repeated clipping at
 * `kappa` sigma. The array is sorted in place; clipping is then a matter of
 * moving its two ends.
 * @param {Float32Array | Float64Array} values finite
 * @returns {{median: number, mean: number, sigma: number, count: number}}
 */
export function clippedStatistics(values, kappa = 3, iterations = 6) {
  values.sort();
  let start = 0;
  let end = values.length;
  let result = momentsBetween(values, start, end);
  for (let i = 0; i < iterations; i++) {
    const low = result.median - kappa * result.sigma;
    const high = result.median + kappa * result.sigma;
    let newStart = start;
    let newEnd = end;
    while (newStart < end && values[newStart] < low) newStart++;
    while (newEnd > newStart && values[newEnd - 1] > high) newEnd--;
    if (newEnd - newStart === end - start || newEnd - newStart < 5) break;
    start = newStart;
    end = newEnd;
    result = momentsBetween(values, start, end);
  }
  return result;
}

function momentsBetween(sorted, start, end) {
  const count = end - start;
  let sum = 0;
  for (let i = start; i < end; i++) sum += sorted[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = start; i < end; i++) squares += (sorted[i] - mean) ** 2;
  return {
    median: medianOfSorted(sorted, start, end),
    mean,
    sigma: Math.sqrt(squares / Math.max(1, count - 1)),
    count,
  };
}
