import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Where the header of a SIF file has its magic. */
const SIF_MAGIC = { text: 'SIF_MAGIC', at: 32 } as const;
const CHUNK_BYTES = 1 << 20;

const REFERENCE = /^\w+:\/\//;

/** An image file by its absolute path; a reference to a registry as it is. */
export const absoluteImage = (image: string, base: string): string =>
  REFERENCE.test(image) || isAbsolute(image) ? image : join(base, image);

/** The digest of an image file's bytes, however many; null for what cannot be read here, a reference to a registry included. */
export function imageDigestOf(image: string): string | null {
  if (REFERENCE.test(image)) return null;
  let file: number;
  try {
    file = openSync(image, 'r');
  } catch {
    // It may be there at the processing location; whoever applies the definitions then has to say what it is.
    return null;
  }
  try {
    return hashSif(file);
  } finally {
    closeSync(file);
  }
}

/** @throws Error when the file is no SIF file */
function hashSif(file: number): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let isFirst = true;
  for (;;) {
    const length = readSync(file, chunk, 0, CHUNK_BYTES, null);
    const { at, text } = SIF_MAGIC;
    if (isFirst && chunk.toString('latin1', at, Math.min(at + text.length, length)) !== text)
      throw new Error('it is not a SIF file');
    isFirst = false;
    if (length === 0) return `sha256:${hash.digest('hex')}`;
    hash.update(chunk.subarray(0, length));
  }
}
