import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PlaneOfPixels } from '@meridian/core';
import type { ReadPart } from '../collecting/fits-units.js';

/** Consecutive pixels of a plane, whole ones. */
export interface PlanePart {
  readonly firstPixel: number;
  readonly bytes: Uint8Array;
}

const PART_BYTES = 1 << 20;
/** A plane of more than this is not read whole, but every so many rows of it. */
const WHOLE_PLANE_BYTES = 32 * 2 ** 20;
/** A file that is packed as a whole must be unpacked as far as its plane goes. */
const MAX_UNPACKED_BYTES = 2 ** 30;

/** Nothing can be made of it, however often one tries. */
export class NoPicture extends Error {}

/** The pixels of a plane whose data begin at `dataOffset`, part by part; of a very large one `rows` of its rows at least. */
export async function* planeParts(
  read: ReadPart,
  plane: PlaneOfPixels,
  { dataOffset, rows }: { readonly dataOffset: number; readonly rows: number },
): AsyncGenerator<PlanePart> {
  const rowBytes = plane.width * plane.bytesPerPixel;
  const skipping = Math.ceil((rowBytes * plane.height) / WHOLE_PLANE_BYTES);
  const every = Math.max(1, Math.min(skipping, Math.floor(plane.height / rows)));
  if (every === 1) {
    yield* range(read, plane, { from: dataOffset, bytes: rowBytes * plane.height, firstPixel: 0 });
    return;
  }
  for (let row = 0; row < plane.height; row += every)
    yield* range(read, plane, {
      from: dataOffset + row * rowBytes,
      bytes: rowBytes,
      firstPixel: row * plane.width,
    });
}

async function* range(
  read: ReadPart,
  { bytesPerPixel }: PlaneOfPixels,
  { from, bytes, firstPixel }: { from: number; bytes: number; firstPixel: number },
): AsyncGenerator<PlanePart> {
  for (let done = 0; done < bytes;) {
    const wanted = Math.min(PART_BYTES, bytes - done);
    const part = await read(from + done, wanted);
    // Fewer bytes than there are in the file are allowed; fewer than a pixel are not.
    const whole = part.length - (part.length % bytesPerPixel);
    if (whole === 0) throw new NoPicture('the file ends within the image');
    yield { firstPixel: firstPixel + done / bytesPerPixel, bytes: part.subarray(0, whole) };
    done += whole;
  }
}

/** The same of a file that is gzipped as a whole, unpacked on the way. */
export async function* packedPlaneParts(
  read: ReadPart,
  plane: PlaneOfPixels,
  dataOffset: number,
): AsyncGenerator<PlanePart> {
  const end = dataOffset + plane.width * plane.height * plane.bytesPerPixel;
  if (end > MAX_UNPACKED_BYTES) throw new NoPicture(`it is packed, and has ${end} bytes unpacked`);
  let at = 0;
  let begun = Buffer.alloc(0);
  let firstPixel = 0;
  for await (const chunk of unpacked(read)) {
    const from = Math.max(0, dataOffset - at);
    const pixels = Buffer.concat([
      begun,
      chunk.subarray(from, Math.max(from, Math.min(chunk.length, end - at))),
    ]);
    at += chunk.length;
    const whole = pixels.length - (pixels.length % plane.bytesPerPixel);
    if (whole > 0) yield { firstPixel, bytes: pixels.subarray(0, whole) };
    firstPixel += whole / plane.bytesPerPixel;
    begun = pixels.subarray(whole);
    if (at >= end) return;
  }
  throw new NoPicture('the file ends within the image');
}

async function* unpacked(read: ReadPart): AsyncGenerator<Buffer> {
  const file = Readable.from(packed(read), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: PART_BYTES });
  // An error of the file does not travel through pipe() by itself, and leaving early must end both.
  file.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of file.pipe(gunzip)) yield chunk as Buffer;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

async function* packed(read: ReadPart): AsyncGenerator<Buffer> {
  for (let offset = 0; ;) {
    const part = await read(offset, PART_BYTES);
    if (part.length === 0) return;
    yield part;
    offset += part.length;
  }
}
