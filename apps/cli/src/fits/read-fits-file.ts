import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { headerEnd, isFits, parseHeader, messageOf, type FitsHeader } from '@meridian/core';

const MEBIBYTE = 1024 * 1024;
// A header of more than this is not a header.
const MAX_HEADER_BYTES = 16 * MEBIBYTE;

/**
 * The header that describes a FITS file's image, gzipped or not.
 *
 * When the primary HDU holds no data (tile-compressed files, multi-extension files), the first extension's
 * keywords are added to it. Reads no further than it has to. A file that is no FITS file is a CliError (input data).
 */
export async function readFitsHeader(path: string): Promise<FitsHeader> {
  const file = createReadStream(path, { highWaterMark: MEBIBYTE });
  const stream: Readable = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  // An error of the file does not travel through pipe() by itself.
  file.on('error', (error) => stream.destroy(error));
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      if (!isFits(bytes)) break;
      const header = headerIn(bytes);
      if (header !== null) return header;
      if (bytes.length > MAX_HEADER_BYTES) break;
    }
    const primary = isFits(bytes) ? parsedPrimary(bytes) : null;
    if (primary !== null) return primary;
  } catch (error) {
    throw notFits(path, messageOf(error));
  } finally {
    file.destroy();
    stream.destroy();
  }
  throw notFits(path, 'it does not start with a complete FITS header');
}

// Null while more bytes are needed.
function headerIn(bytes: Buffer): FitsHeader | null {
  const end = headerEnd(bytes, 0);
  if (end === null) return null;
  const primary = parseHeader(bytes);
  if (primary.get('NAXIS') !== 0) return primary;
  if (headerEnd(bytes, end) === null) return null;
  return new Map([...parseHeader(bytes, end), ...primary].filter(([, value]) => value !== ''));
}

// The whole file is read: no extension follows, or it is cut short.
const parsedPrimary = (bytes: Buffer): FitsHeader | null =>
  headerEnd(bytes, 0) === null ? null : parseHeader(bytes);

const notFits = (path: string, why: string): CliError =>
  new CliError({
    message: `${path} is not a readable FITS file: ${why}.`,
    action: 'Check the file (for example: gzip -t for .gz files), or leave it out of the directory.',
    exitCode: EXIT_CODES.inputData,
  });

/** SHA-256 of a file's bytes and how many they were, in one pass with constant memory. */
export async function hashFile(path: string): Promise<{ sha256: string; size_bytes: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: MEBIBYTE })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), size_bytes: size };
}
