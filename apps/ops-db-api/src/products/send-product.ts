import { pipeline } from 'node:stream/promises';
import type { ProductRow } from '@meridian/ops-db';
import type { Request, Response } from 'express';
import type { ConfinedFile } from '../files/open-confined.js';
import { parseByteRange } from './byte-range.js';
import { attachment, contentTypeOf } from './content-type.js';

/**
 * Sends a product's bytes, or the part that a Range asks for; closes the file.
 *
 * The ETag is the checksum, and products never change: a part that is fetched later always fits the rest.
 */
export async function sendProduct(
  product: ProductRow,
  file: ConfinedFile,
  request: Request,
  response: Response,
): Promise<void> {
  const tag = `"${product.sha256}"`;
  response.set({
    ETag: tag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    'Content-Type': contentTypeOf(product.path),
    'Content-Disposition': attachment(product.name),
  });
  const ifRange = request.header('if-range');
  const range = parseByteRange(
    ifRange === undefined || ifRange === tag ? request.header('range') : undefined,
    file.size,
  );
  if (matchesTag(request.header('if-none-match'), tag)) return finish(file, response, 304);
  if (range.kind === 'unsatisfiable') {
    response.set('Content-Range', `bytes */${file.size}`);
    return finish(file, response, 416);
  }
  const [first, last] = range.kind === 'part' ? [range.first, range.last] : [0, file.size - 1];
  if (range.kind === 'part') response.status(206).set('Content-Range', `bytes ${first}-${last}/${file.size}`);
  response.set('Content-Length', String(last - first + 1));
  if (request.method === 'HEAD' || file.size === 0) return finish(file, response, response.statusCode);
  // The stream closes the handle, whoever hangs up first.
  await pipeline(file.handle.createReadStream({ start: first, end: last }), response).catch(ignoreHangUp);
}

async function finish(file: ConfinedFile, response: Response, status: number): Promise<void> {
  await file.handle.close();
  response.status(status).end();
}

/** Whether a caller who says `If-None-Match` has what this ETag stands for. */
export const matchesTag = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  header.split(',').some((one) => [tag, '*'].includes(one.trim().replace(/^W\//, '')));

/** A client that stops reading is no failure of ours. */
export function ignoreHangUp(error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
