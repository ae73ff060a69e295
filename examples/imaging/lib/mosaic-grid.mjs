/** The pixel grid of a mosaic: north up, gnomonic, centred on all frames together. */
import { BadInputError } from './bad-input-error.mjs';
import { median } from './stats.mjs';
import { Wcs } from './wcs.mjs';

/**
 * @typedef {import('./frames.mjs').Frame & {wcs: Wcs}} PlacedFrame
 * @typedef {{wcs: Wcs, width: number, height: number}} Grid
 * @typedef {import('./frames.mjs').Box} Box
 */

/** A frame's outline is projected at this many points a side: its edges are curves in another projection. */
const OUTLINE_POINTS = 9;

/** No telescope needs a mosaic this large; a wrong header does. */
const MAX_PIXELS = 400e6;

/**
 * @param {PlacedFrame[]} frames all on the sky, or all on one plane
 * @returns {Grid}
 * @throws {BadInputError} when the frames lie so far apart that no sensible image could hold them
 */
export function planGrid(frames) {
  const draft = draftWcs(frames);
  const first = boundsOf(frames.map((frame) => footprint(frame, draft)));
  const centre = draft.pixelToSky((first.x0 + first.x1) / 2, (first.y0 + first.y1) / 2);
  const centred = new Wcs({ projection: draft.projection, crval: centre, crpix: [0, 0], cd: draft.cd });
  const bounds = boundsOf(frames.map((frame) => footprint(frame, centred)));
  const [width, height] = [Math.ceil(bounds.x1 - bounds.x0), Math.ceil(bounds.y1 - bounds.y0)];
  if (!(width * height <= MAX_PIXELS))
    throw new BadInputError(
      frames.map(({ name }) => name).join(', '),
      `together these span ${width} × ${height} pixels; take out the one with a wrong position`,
    );
  // Whole pixels, so that frames displaced by whole pixels are not blurred by resampling.
  return {
    wcs: centred.shifted(Math.round(0.5 - bounds.x0), Math.round(0.5 - bounds.y0)),
    width: width + 1,
    height: height + 1,
  };
}

function draftWcs(frames) {
  if (!frames[0].wcs.isSky)
    return new Wcs({ projection: 'LINEAR', crval: [0, 0], crpix: [0, 0], cd: [1, 0, 0, 1] });
  const scale = median(frames.map(({ wcs }) => Math.sqrt(wcs.pixelArea)));
  return new Wcs({
    projection: 'TAN',
    crval: meanDirection(frames),
    crpix: [0, 0],
    cd: [-scale, 0, 0, scale],
  });
}

/** Averages directions, not angles: right ascensions jump from 360 to 0. */
function meanDirection(frames) {
  const sum = [0, 0, 0];
  for (const { wcs, width, height } of frames) {
    const [ra, dec] = wcs
      .pixelToSky((width + 1) / 2, (height + 1) / 2)
      .map((degrees) => (degrees * Math.PI) / 180);
    sum[0] += Math.cos(dec) * Math.cos(ra);
    sum[1] += Math.cos(dec) * Math.sin(ra);
    sum[2] += Math.sin(dec);
  }
  const degrees = (radians) => (radians * 180) / Math.PI;
  return /** @type {[number, number]} */ ([
    (degrees(Math.atan2(sum[1], sum[0])) + 360) % 360,
    degrees(Math.atan2(sum[2], Math.hypot(sum[0], sum[1]))),
  ]);
}

/**
 * The rectangle, in pixels of `wcs`, that holds the valid part of a frame.
 * @param {PlacedFrame} frame
 * @param {Wcs} wcs
 * @returns {Box} fractional FITS pixel coordinates
 */
export function footprint({ wcs: own, box }, wcs) {
  const points = [];
  for (let i = 0; i < OUTLINE_POINTS; i++) {
    const x = box.x0 + 0.5 + ((box.x1 - box.x0) * i) / (OUTLINE_POINTS - 1);
    const y = box.y0 + 0.5 + ((box.y1 - box.y0) * i) / (OUTLINE_POINTS - 1);
    points.push([x, box.y0 + 0.5], [x, box.y1 + 0.5], [box.x0 + 0.5, y], [box.x1 + 0.5, y]);
  }
  const projected = points.map(([x, y]) => wcs.skyToPixel(...own.pixelToSky(x, y)));
  const range = (axis) => [
    Math.min(...projected.map((point) => point[axis])),
    Math.max(...projected.map((point) => point[axis])),
  ];
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  return { x0, x1, y0, y1 };
}

const boundsOf = (boxes) => ({
  x0: Math.min(...boxes.map((box) => box.x0)),
  x1: Math.max(...boxes.map((box) => box.x1)),
  y0: Math.min(...boxes.map((box) => box.y0)),
  y1: Math.max(...boxes.map((box) => box.y1)),
});

/** Whether two rectangles share any area. */
export const boxesOverlap = (a, b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
