import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { firstPlane, pngFile, pngRows, shrink, stretch } from '@meridian/core';
import { readFitsUnits, type ReadPart } from '../collecting/fits-units.js';
import { NoPicture, packedPlaneParts, planeParts } from './plane-parts.js';

const MAX_SIDE = 512;
const BEST = { level: 9 };

/**
 * A PNG of the first image in a FITS file, up as in the sky, no side longer than 512 pixels; of a cube its first plane.
 *
 * Memory is that of the picture and a part of the file, however large the image. Rejects with NoPicture when nothing can be made of the file,
 * and with what `read` rejects with.
 */
export async function makePreview(read: ReadPart, path: string, sizeBytes: number): Promise<Buffer> {
  const { units, problem } = await readFitsUnits(read, path, sizeBytes);
  for (const unit of units) {
    const plane = firstPlane(unit);
    if (plane === null) continue;
    const small = shrink(plane, MAX_SIDE);
    const { dataOffset } = unit;
    const parts = path.toLowerCase().endsWith('.gz')
      ? packedPlaneParts(read, plane, dataOffset)
      : planeParts(read, plane, { dataOffset, rows: small.height });
    for await (const { bytes, firstPixel } of parts) small.add(bytes, firstPixel);
    const gray = stretch(small.finish());
    if (gray === null) throw new NoPicture('none of its pixels has a value');
    const image = { width: small.width, height: small.height, gray };
    return Buffer.from(pngFile(image, await promisify(deflate)(pngRows(image), BEST)));
  }
  throw new NoPicture(problem ?? 'there is no image in it');
}
