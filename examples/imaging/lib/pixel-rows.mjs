/** The pixels of a frame a few rows at a time, so that many frames fit into memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { locateFloatPixels, readFitsImage } from './fits-image.mjs';

/**
 * @typedef {object} PixelRows
 * @property {(first: number, end: number) => Float32Array | Float64Array} read rows `first` to `end` - 1, from the bottom
 * @property {() => void} close
 */

/**
 * Opens a frame. The images `extract` writes are read in place; any other FITS
 * file is taken into memory whole.
 * @param {string} path
 * @param {number} width
 * @returns {Promise<PixelRows>}
 */
export async function openPixelRows(path, width) {
  const located = await locateFloatPixels(path);
  if (located === null) {
    const { pixels } = await readFitsImage(path);
    return { read: (first, end) => pixels.subarray(first * width, end * width), close() {} };
  }
  const file = openSync(path, 'r');
  return {
    read: (first, end) => readFloats(file, located.offset + first * width * 4, (end - first) * width),
    close: () => closeSync(file),
  };
}

function readFloats(file, offset, count) {
  const bytes = Buffer.alloc(count * 4);
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(file, bytes, filled, bytes.length - filled, offset + filled);
    if (read === 0) throw new Error('an image became shorter while it was being read');
    filled += read;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = new Float32Array(count);
  for (let i = 0; i < count; i++) pixels[i] = view.getFloat32(i * 4);
  return pixels;
}
