/** Gives a place to the frames whose headers give them none, by their stars. */
import { findDisplacement } from './register.mjs';
import { Wcs } from './wcs.mjs';

/** @typedef {import('./frames.mjs').Frame} Frame @typedef {import('./mosaic-grid.mjs').PlacedFrame} PlacedFrame */

/**
 * Frames with world coordinates keep them. The others are registered to those
 * that have a place, one after the other, always the surest next. If no frame
 * has coordinates, the richest defines a plane of pixels for all.
 * @param {Frame[]} frames
 * @param {(code: string, message: string) => void} warn
 * @returns {PlacedFrame[]} in the order given, without those that could not be placed
 */
export function placeFrames(frames, warn) {
  const placed = new Map(frames.filter(({ wcs }) => wcs).map((frame) => [frame.id, frame]));
  const lost = frames.filter(({ wcs }) => !wcs);
  if (lost.length > 0 && placed.size === 0) {
    const reference = lost.reduce((best, frame) =>
      frame.sources.length > best.sources.length ? frame : best,
    );
    lost.splice(lost.indexOf(reference), 1);
    placed.set(reference.id, {
      ...reference,
      wcs: new Wcs({ projection: 'LINEAR', crval: [0, 0], crpix: [0, 0], cd: [1, 0, 0, 1] }),
    });
    warn(
      'no_wcs',
      `no frame has usable world coordinates (${reference.wcsProblem}); all are placed relative to ${reference.name}, and distances are in pixels`,
    );
  }
  while (lost.length > 0) {
    const next = surestRegistration([...placed.values()], lost);
    if (next === null) break;
    const { frame, reference, dx, dy, matches } = next;
    placed.set(frame.id, { ...frame, wcs: reference.wcs.shifted(dx, dy) });
    lost.splice(lost.indexOf(frame), 1);
    warn(
      'no_wcs',
      `${frame.name}: ${frame.wcsProblem}; placed by ${matches} stars it shares with ${reference.name}, displaced by ${dx.toFixed(2)}, ${dy.toFixed(2)} pixels`,
    );
  }
  for (const frame of lost)
    warn(
      'not_registered',
      `${frame.name}: ${frame.wcsProblem}, and its stars match no other frame; it is left out of the mosaic`,
    );
  return frames.flatMap(({ id }) => placed.get(id) ?? []);
}

function surestRegistration(references, lost) {
  let best = null;
  for (const frame of lost) {
    for (const reference of references) {
      const found = findDisplacement(reference.sources, frame.sources);
      if (found && found.matches > (best?.matches ?? 0)) best = { frame, reference, ...found };
    }
  }
  return best;
}
