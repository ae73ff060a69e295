import { open } from 'node:fs/promises';
import type { SFTPWrapper } from 'ssh2';
import { SourceUnreadable } from '../site-files/site-files.js';
import { askSftp } from './ask-sftp.js';

/** No server takes less at a time, so that a piece is one request. */
const PIECE_BYTES = 30_000;
/** Requests that are on their way together: 2 MB fill a line of 100 ms and 20 MB/s. */
const PIECES_AT_ONCE = 64;

export interface OpenRemoteFile {
  readonly sftp: SFTPWrapper;
  readonly handle: Buffer;
  readonly path: string;
  readonly timeoutMs: number;
}

/** The bytes from `start` to `end`, fewer where the file ends. */
export async function readRange(file: OpenRemoteFile, start: number, end: number): Promise<Buffer> {
  const starts: number[] = [];
  for (let at = start; at < end; at += PIECE_BYTES) starts.push(at);
  const pieces: Buffer[] = [];
  for (let from = 0; from < starts.length; from += PIECES_AT_ONCE) {
    const asked = starts.slice(from, from + PIECES_AT_ONCE);
    const got = await Promise.all(asked.map((at) => readPiece(file, at, Math.min(at + PIECE_BYTES, end))));
    pieces.push(...got);
    if (got.at(-1)?.length === 0) break;
  }
  return Buffer.concat(pieces);
}

async function readPiece(file: OpenRemoteFile, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  let filled = 0;
  while (filled < buffer.length) {
    const bytes = await readOnce(file, buffer, filled, start + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return buffer.subarray(0, filled);
}

const readOnce = (
  { sftp, handle, path, timeoutMs }: OpenRemoteFile,
  into: Buffer,
  at: number,
  from: number,
) =>
  askSftp<number>(`reading ${path}`, timeoutMs, (done) =>
    sftp.read(handle, into, at, into.length - at, from, done),
  );

/**
 * Sends the bytes of a local file from `start` on. They arrive in order, so that whatever a cut connection leaves is a beginning of the file.
 *
 * @throws SourceUnreadable
 */
export async function sendFile(file: OpenRemoteFile, source: string, start: number): Promise<void> {
  const { sftp, handle, path, timeoutMs } = file;
  const unreadable = (error: unknown): never => {
    throw new SourceUnreadable(error);
  };
  const reader = await open(source, 'r').catch(unreadable);
  try {
    const onTheWay: Promise<unknown>[] = [];
    for (let at = start; ;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await reader.read(piece, 0, piece.length, at).catch(unreadable);
      if (bytesRead === 0) break;
      const from = at;
      const sent = askSftp(`writing ${path}`, timeoutMs, (done) =>
        sftp.write(handle, piece, 0, bytesRead, from, done),
      );
      // It is waited for below; until then nobody must call it unhandled.
      sent.catch(() => undefined);
      onTheWay.push(sent);
      if (onTheWay.length >= PIECES_AT_ONCE) await onTheWay.shift();
      at += bytesRead;
    }
    await Promise.all(onTheWay);
  } finally {
    await reader.close();
  }
}
