import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DomainError } from '@meridian/core';

/** An open regular file and its size at that moment. Whoever gets it closes it. */
export interface ConfinedFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens a file below a location's base path for reading; null when it is not there.
 *
 * Jobs write into these folders, so neither names nor links are trusted: the resolved path must lie below the resolved
 * base, and be a regular file. A pipe or a device does not block us: it is opened without waiting, and refused.
 *
 * @throws DomainError `file.outside_location` when the path leads out of the location.
 */
export async function openConfined(basePath: string, relativePath: string): Promise<ConfinedFile | null> {
  const [base, path] = await Promise.all([resolved(basePath), resolved(join(basePath, relativePath))]);
  if (base === null || path === null) return null;
  if (!path.startsWith(base.endsWith(sep) ? base : base + sep)) throw outsideLocation();
  const handle = await openFile(path);
  if (handle === null) return null;
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  throw outsideLocation();
}

const openFile = (path: string): Promise<FileHandle | null> =>
  missingIsNull(open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));

const resolved = (path: string): Promise<string | null> => missingIsNull(realpath(path));

const MISSING = new Set(['ENOENT', 'ENOTDIR']);

async function missingIsNull<Value>(promise: Promise<Value>): Promise<Value | null> {
  try {
    return await promise;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && MISSING.has(code)) return null;
    if (code === 'ELOOP' || code === 'ENXIO') throw outsideLocation();
    throw error;
  }
}

const outsideLocation = (): DomainError =>
  new DomainError({
    kind: 'forbidden',
    code: 'file.outside_location',
    message: 'This file leads out of its data location, or is no regular file.',
    action: 'Look at the file on the site: Meridian follows no links out of a location.',
  });
