import { messageOf } from '@meridian/core';
import type { SiteFiles } from '@meridian/hpc';
import { errorCode } from '../staging/staging-problem.js';
import { ImageUnusable } from './image-problem.js';

export interface SifBytes {
  /** Another one means that the bytes have to be read again. */
  readonly fileState: string;
  readonly sha256: string;
}

/** Size, times and more of a file as one text; null when there is none that can be seen. */
export const fileStateOf = (files: SiteFiles, path: string): Promise<string | null> =>
  files.stat(path).then(
    (found) => found?.version ?? null,
    () => null,
  );

/**
 * The digest of an image file, all of whose bytes are read where it is.
 *
 * @throws ImageUnusable when it is missing, cannot be read, is no SIF file, is cut short or is still being written
 */
export async function readSif(files: SiteFiles, path: string): Promise<SifBytes> {
  try {
    const before = await files.stat(path);
    if (before === null) throw new ImageUnusable('is missing');
    if (before.kind !== 'file') throw new ImageUnusable('is not a file');
    checkHeader(await files.readStart(path, HEADER.bytes), before.size);
    const sha256 = await files.hash(path);
    if ((await files.stat(path))?.version !== before.version)
      throw new ImageUnusable('changed while it was read: somebody is writing it');
    return { fileState: before.version, sha256 };
  } catch (error) {
    throw readProblem(error);
  }
}

/** The header of a SIF file: https://github.com/apptainer/sif (magic after the launch line, place and length of the data). */
const HEADER = { bytes: 128, magic: 32, dataOffset: 112, dataLength: 120 } as const;
const MAGIC = 'SIF_MAGIC';

function checkHeader(header: Buffer, size: number): void {
  const isSif = header.toString('latin1', HEADER.magic, HEADER.magic + MAGIC.length) === MAGIC;
  if (header.length < HEADER.bytes || !isSif) throw new ImageUnusable('is damaged: it is not a SIF file');
  const end = header.readBigInt64LE(HEADER.dataOffset) + header.readBigInt64LE(HEADER.dataLength);
  if (BigInt(size) < end) throw new ImageUnusable(`is damaged: it has ${size} bytes of ${end}`);
}

function readProblem(error: unknown): Error {
  if (error instanceof ImageUnusable) return error;
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new ImageUnusable('is missing');
  if (code === 'EACCES')
    return new ImageUnusable('cannot be read by the workflow-manager: permission denied');
  return new ImageUnusable(`cannot be read: ${messageOf(error)}`);
}
