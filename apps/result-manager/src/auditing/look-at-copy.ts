import { join } from 'node:path';
import { messageOf } from '@meridian/core';
import { SiteAway, type SiteFiles } from '@meridian/hpc';
import type { CopyLook, CopyToAudit } from '@meridian/ops-db';

/** Errors that say nothing about a file, only that it cannot be looked at now. */
const SILENCES: readonly unknown[] = ['EIO', 'ESTALE', 'ETIMEDOUT', 'EMFILE', 'ENFILE'];

/** The disk does not answer: nothing is known, and everything may be well again later. */
export class DiskAway extends Error {}

/**
 * Looks whether a copy is as it was registered: its size always; its bytes when asked for, and when it was found missing or damaged before, so that a
 * file of the right size is not called well.
 *
 * @throws DiskAway
 */
export async function lookAtCopy(
  copy: CopyToAudit,
  { files, basePath, checksums }: { files: SiteFiles; basePath: string; checksums: boolean },
): Promise<CopyLook> {
  const path = join(basePath, copy.path);
  try {
    const there = await files.stat(path);
    if (there === null) return { ...copy, found: 'missing', detail: 'nothing is there' };
    if (there.kind !== 'file')
      return { ...copy, found: 'missing', detail: `a ${there.kind} is there, not a file` };
    if (there.size !== copy.sizeBytes)
      return {
        ...copy,
        found: 'size',
        detail: `it has ${there.size} bytes, registered are ${copy.sizeBytes}`,
      };
    const wasBad = copy.status === 'MISSING' || copy.status === 'CORRUPT';
    if (!checksums && !wasBad) return { ...copy, found: 'there', detail: '' };
    const sha256 = await files.hash(path);
    return sha256 === copy.sha256
      ? { ...copy, found: 'same', detail: wasBad ? 'its bytes are the registered ones again' : '' }
      : { ...copy, found: 'checksum', detail: `its sha256 is ${sha256}, registered is ${copy.sha256}` };
  } catch (error) {
    throwSilence(error);
    return { ...copy, found: 'unreadable', detail: messageOf(error) };
  }
}

/** @throws DiskAway when the error is of the whole disk. */
export function throwSilence(error: unknown): void {
  if (error instanceof SiteAway || SILENCES.includes((error as { code?: unknown }).code))
    throw new DiskAway(messageOf(error));
}
