import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { errorCode, messageOf } from '../staging/staging-problem.js';
import { ImageUnusable } from './image-problem.js';

export interface SifBytes {
  /** Another one means that the bytes have to be read again. */
  readonly fileState: string;
  readonly sha256: string;
}

const stateOf = ({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string =>
  `${size} ${mtimeNs} ${ctimeNs} ${ino}`;

/** Size, times and inode of a file as one text; null when there is none that can be seen. */
export const fileStateOf = (path: string): Promise<string | null> =>
  stat(path, { bigint: true }).then(stateOf, () => null);

/**
 * The digest of an image file, all of whose bytes are read.
 *
 * @throws ImageUnusable when it is missing, cannot be read, is no SIF file, is cut short or is still being written
 */
export async function readSif(path: string): Promise<SifBytes> {
  try {
    const file = await open(path, 'r');
    try {
      return await readOpenSif(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readProblem(error);
  }
}

async function readOpenSif(file: FileHandle): Promise<SifBytes> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) throw new ImageUnusable('is not a file');
  await checkHeader(file, before.size);
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  const fileState = stateOf(before);
  if (stateOf(await file.stat({ bigint: true })) !== fileState)
    throw new ImageUnusable('changed while it was read: somebody is writing it');
  return { fileState, sha256: hash.digest('hex') };
}

/** The header of a SIF file: https://github.com/apptainer/sif (magic after the launch line, place and length of the data). */
const HEADER = { bytes: 128, magic: 32, dataOffset: 112, dataLength: 120 } as const;
const MAGIC = 'SIF_MAGIC';

async function checkHeader(file: FileHandle, size: bigint): Promise<void> {
  const header = Buffer.alloc(HEADER.bytes);
  const { bytesRead } = await file.read(header, 0, HEADER.bytes, 0);
  const isSif = header.toString('latin1', HEADER.magic, HEADER.magic + MAGIC.length) === MAGIC;
  if (bytesRead < HEADER.bytes || !isSif) throw new ImageUnusable('is damaged: it is not a SIF file');
  const end = header.readBigInt64LE(HEADER.dataOffset) + header.readBigInt64LE(HEADER.dataLength);
  if (size < end) throw new ImageUnusable(`is damaged: it has ${size} bytes of ${end}`);
}

function readProblem(error: unknown): Error {
  if (error instanceof ImageUnusable) return error;
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new ImageUnusable('is missing');
  if (code === 'EACCES')
    return new ImageUnusable('cannot be read by the workflow-manager: permission denied');
  return new ImageUnusable(`cannot be read: ${messageOf(error)}`);
}
