import type { PlaneOfPixels } from './pixels.js';

/** Values row by row, the first row at the bottom as in FITS; NaN where no pixel has one. */
export interface SmallImage {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Sums of the pixels that fall on each pixel of a smaller image, added part by part. */
export interface Shrinking {
  readonly width: number;
  readonly height: number;
  /** Pixels that follow each other from `firstPixel` of the plane on; whole ones. */
  readonly add: (bytes: Uint8Array, firstPixel: number) => void;
  readonly finish: () => SmallImage;
}

/**
 * Shrinks a plane so that no side is longer than `maxSide`; each pixel becomes the mean of those that have a value. Memory is that of the small image
 * and of a number for each column.
 */
export function shrink(plane: PlaneOfPixels, maxSide: number): Shrinking {
  const factor = Math.max(1, plane.width / maxSide, plane.height / maxSide);
  const width = Math.max(1, Math.round(plane.width / factor));
  const height = Math.max(1, Math.round(plane.height / factor));
  const sums = new Float64Array(width * height);
  const counts = new Uint32Array(width * height);
  const columns = Int32Array.from({ length: plane.width }, (_, x) => Math.floor((x * width) / plane.width));
  const add = (bytes: Uint8Array, firstPixel: number): void => {
    const found = plane.valuesOf(bytes);
    let x = firstPixel % plane.width;
    let y = Math.floor(firstPixel / plane.width);
    for (let at = 0; at < found.length && y < plane.height; y += 1, x = 0) {
      const row = Math.floor((y * height) / plane.height) * width;
      for (; x < plane.width && at < found.length; x += 1, at += 1) {
        const value = found[at] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        const cell = row + (columns[x] ?? 0);
        sums[cell] = (sums[cell] ?? 0) + value;
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
    }
  };
  const finish = (): SmallImage => ({
    width,
    height,
    values: sums.map((sum, cell) => (counts[cell] === 0 ? Number.NaN : sum / (counts[cell] ?? 1))),
  });
  return { width, height, add, finish };
}
