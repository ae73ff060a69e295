/**
 * Compares the same stars measured on different frames where they overlap: the
 * sky's own check on positions and brightnesses.
 */
import { SOURCE_FLAGS } from './aperture.mjs';
import { areIsolated, matchMutually } from './match.mjs';
import { boxesOverlap, footprint } from './mosaic-grid.mjs';
import { median, robustSigma } from './stats.mjs';

/** @typedef {import('./mosaic-grid.mjs').PlacedFrame} PlacedFrame @typedef {import('./mosaic-grid.mjs').Grid} Grid */

/**
 * @typedef {object} StarPair one star on two frames
 * @property {number} x mosaic pixel, FITS convention
 * @property {number} y
 * @property {number} east of the second frame's position relative to the first's, arcseconds (pixels without WCS)
 * @property {number} north
 * @property {number} magnitudeDifference second minus first, instrumental
 *
 * @typedef {{a: number, b: number, pairs: StarPair[]}} FrameOverlap indices of the frames
 */

const ALL_BUT_UNCALIBRATED = ~SOURCE_FLAGS.uncalibrated;

/**
 * @param {PlacedFrame[]} frames
 * @param {Grid} grid
 * @param {{matchRadius: number, isolationRadius: number, minSnr: number}} options radii in arcseconds (pixels without WCS)
 * @returns {FrameOverlap[]} one for each two frames that overlap, with or without common stars
 */
export function compareOverlaps(frames, grid, { matchRadius, isolationRadius, minSnr }) {
  const scale = grid.wcs.pixelScale;
  const boxes = frames.map((frame) => footprint(frame, grid.wcs));
  const stars = frames.map((frame) => comparableStars(frame, grid, isolationRadius / scale, minSnr));
  const overlaps = [];
  for (let a = 0; a < frames.length; a++) {
    for (let b = a + 1; b < frames.length; b++) {
      if (!boxesOverlap(boxes[a], boxes[b])) continue;
      const pairs = matchMutually(stars[a], stars[b], matchRadius / scale).map(([i, j]) =>
        pairOf(stars[a][i], stars[b][j], grid),
      );
      overlaps.push({ a, b, pairs });
    }
  }
  return overlaps;
}

/** Stars whose position and brightness can be trusted, in pixels of the mosaic. */
function comparableStars(frame, grid, isolationRadius, minSnr) {
  const points = frame.sources.map(({ x, y }) => {
    const [mosaicX, mosaicY] = grid.wcs.skyToPixel(...frame.wcs.pixelToSky(x, y));
    return { x: mosaicX, y: mosaicY };
  });
  const isolated = areIsolated(points, isolationRadius);
  return frame.sources.flatMap(({ flux, fluxError, flags }, i) => {
    const good = isolated[i] && (flags & ALL_BUT_UNCALIBRATED) === 0 && flux > minSnr * fluxError;
    return good ? [{ ...points[i], magnitude: -2.5 * Math.log10(flux) }] : [];
  });
}

function pairOf(first, second, { wcs }) {
  // East is to the left on the sky, and to the right on a plane of pixels.
  const eastward = wcs.isSky ? -wcs.pixelScale : 1;
  return {
    x: (first.x + second.x) / 2,
    y: (first.y + second.y) / 2,
    east: (second.x - first.x) * eastward,
    north: (second.y - first.y) * wcs.pixelScale,
    magnitudeDifference: second.magnitude - first.magnitude,
  };
}

/**
 * Middle values and spread of a set of pairs.
 * @param {StarPair[]} pairs with magnitude differences between calibrated magnitudes
 */
export function summarisePairs(pairs) {
  const differences = pairs.map((pair) => pair.magnitudeDifference);
  return {
    count: pairs.length,
    east: median(pairs.map((pair) => pair.east)),
    north: median(pairs.map((pair) => pair.north)),
    separation: median(pairs.map((pair) => Math.hypot(pair.east, pair.north))),
    magnitudeDifference: median(differences),
    magnitudeScatter: robustSigma(differences),
  };
}
