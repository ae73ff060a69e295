import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SiteFiles } from '@meridian/hpc';

const DIRECTORY = '.meridian/previews';

export interface KeptPreview {
  /** Below the base of the location. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes a picture beside the data of its location, under its own checksum: whoever makes it again, at whatever time, writes the same file.
 *
 * Not into the ops-db, which would become ten times as large by pictures, and not into the directory of an attempt, which is its job's alone.
 */
export async function keepPreview(png: Buffer, files: SiteFiles, basePath: string): Promise<KeptPreview> {
  const sha256 = createHash('sha256').update(png).digest('hex');
  const kept = `${DIRECTORY}/${sha256.slice(0, 2)}/${sha256}.png`;
  const target = path.join(basePath, kept);
  // A location may be behind a login node: what goes there comes from a file here.
  const here = await mkdtemp(path.join(tmpdir(), 'meridian-preview-'));
  try {
    const source = path.join(here, 'preview.png');
    await writeFile(source, png);
    await files.makeDirectories([path.dirname(target)]);
    await files.upload({ source, target, sizeBytes: png.length, sha256 });
  } finally {
    await rm(here, { recursive: true, force: true });
  }
  return { path: kept, sha256, sizeBytes: png.length };
}
