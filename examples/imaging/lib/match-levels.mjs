/** Brings frames to one brightness scale and one background before they are combined. */
import { solveDifferences } from './adjust.mjs';
import { boxesOverlap, footprint } from './mosaic-grid.mjs';
import { median } from './stats.mjs';

/** @typedef {import('./mosaic-grid.mjs').PlacedFrame} PlacedFrame @typedef {import('./mosaic-grid.mjs').Grid} Grid */

/** Fewer common stars or samples than this say nothing reliable. */
const MIN_PAIRS = 3;
const MIN_SAMPLES = 8;

/**
 * @typedef {object} Levels
 * @property {number[]} zeroPoints of one count in each frame
 * @property {boolean} calibrated whether any of them comes from a header
 * @property {number} common zero point of the mosaic
 * @property {number[]} factors that bring each frame to the common zero point and pixel size
 * @property {Float64Array} offsets background to subtract from each frame after its factor
 */

/**
 * What to do to every frame before frames are combined.
 * @param {PlacedFrame[]} frames
 * @param {Grid} grid
 * @param {import('./overlaps.mjs').FrameOverlap[]} overlaps
 * @param {{backgrounds: boolean}} options whether to match backgrounds
 * @returns {Levels}
 */
export function matchLevels(frames, grid, overlaps, { backgrounds }) {
  const { zeroPoints, calibrated } = matchZeroPoints(frames, overlaps);
  const common = median(zeroPoints);
  // A larger pixel of the mosaic collects more light: surface brightness is what resampling keeps.
  const factors = frames.map(
    ({ wcs }, i) => 10 ** (0.4 * (common - zeroPoints[i])) * (grid.wcs.pixelArea / wcs.pixelArea),
  );
  const offsets = backgrounds ? matchBackgrounds(frames, grid, factors) : new Float64Array(frames.length);
  return { zeroPoints, calibrated, common, factors, offsets };
}

/**
 * A zero point for every frame: from its header, or else from the stars it shares
 * with others. Without any from a header, magnitudes are relative to their mean.
 * @param {PlacedFrame[]} frames
 * @param {import('./overlaps.mjs').FrameOverlap[]} overlaps
 * @returns {{zeroPoints: number[], calibrated: boolean}}
 */
function matchZeroPoints(frames, overlaps) {
  const known = new Map(frames.flatMap(({ zeroPoint }, i) => (zeroPoint === null ? [] : [[i, zeroPoint]])));
  const pairs = overlaps
    .filter((overlap) => overlap.pairs.length >= MIN_PAIRS)
    // Equal stars: zero point minus magnitude difference must cancel.
    .map(({ a, b, pairs: stars }) => ({
      a,
      b,
      difference: -median(stars.map((star) => star.magnitudeDifference)),
      weight: stars.length,
    }));
  const solved = solveDifferences(frames.length, pairs, known);
  const reached = reachable(frames.length, pairs, known);
  // A frame that shares no stars with calibrated ones is best assumed to be like them.
  const typical = known.size > 0 ? median(known.values()) : 0;
  return {
    zeroPoints: Array.from(solved, (value, i) => (known.size === 0 || reached.has(i) ? value : typical)),
    calibrated: known.size > 0,
  };
}

function reachable(count, pairs, known) {
  const reached = new Set(known.keys());
  for (let pass = 0; pass < count; pass++) {
    for (const { a, b } of pairs) {
      if (reached.has(a)) reached.add(b);
      else if (reached.has(b)) reached.add(a);
    }
  }
  return reached;
}

/**
 * What to subtract from every frame, after scaling it by its factor, so that
 * backgrounds agree where frames overlap.
 * @param {PlacedFrame[]} frames
 * @param {Grid} grid
 * @param {number[]} factors
 * @returns {Float64Array}
 */
function matchBackgrounds(frames, grid, factors) {
  const boxes = frames.map((frame) => footprint(frame, grid.wcs));
  const pairs = [];
  for (let a = 0; a < frames.length; a++) {
    for (let b = a + 1; b < frames.length; b++) {
      if (!boxesOverlap(boxes[a], boxes[b])) continue;
      const differences = backgroundDifferences(frames, grid, factors, {
        a,
        b,
        boxA: boxes[a],
        boxB: boxes[b],
      });
      if (differences.length >= MIN_SAMPLES)
        pairs.push({ a, b, difference: median(differences), weight: differences.length });
    }
  }
  return solveDifferences(frames.length, pairs);
}

function backgroundDifferences(frames, { wcs }, factors, { a, b, boxA, boxB }) {
  const step = frames[a].thumbnail.block / 2;
  const differences = [];
  for (let y = Math.max(boxA.y0, boxB.y0); y <= Math.min(boxA.y1, boxB.y1); y += step) {
    for (let x = Math.max(boxA.x0, boxB.x0); x <= Math.min(boxA.x1, boxB.x1); x += step) {
      const [ra, dec] = wcs.pixelToSky(x, y);
      const difference = factors[b] * sample(frames[b], ra, dec) - factors[a] * sample(frames[a], ra, dec);
      if (Number.isFinite(difference)) differences.push(difference);
    }
  }
  return differences;
}

/** The thumbnail's value at a place on the sky, bilinear; NaN where it has none. */
function sample({ wcs, thumbnail }, ra, dec) {
  const [x, y] = wcs.skyToPixel(ra, dec);
  const u = (x - 0.5) / thumbnail.block - 0.5;
  const v = (y - 0.5) / thumbnail.block - 0.5;
  const [i, j] = [Math.floor(u), Math.floor(v)];
  if (!(i >= 0 && j >= 0 && i + 1 < thumbnail.width && j + 1 < thumbnail.height)) return NaN;
  const at = (column, row) => thumbnail.pixels[row * thumbnail.width + column];
  const mix = (low, high, t) => low + (high - low) * t;
  return mix(mix(at(i, j), at(i + 1, j), u - i), mix(at(i, j + 1), at(i + 1, j + 1), u - i), v - j);
}
