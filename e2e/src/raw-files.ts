import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeridianHome } from './meridian-home.js';

export interface RawFiles {
  /** Name of the SOURCE location, which must be defined already. */
  readonly location: string;
  readonly folder: string;
  readonly contents: Readonly<Record<string, string>>;
  readonly dims: Readonly<Record<string, string>>;
}

/** Writes the files and registers them in one request. */
export async function registerRawFiles(home: MeridianHome, files: RawFiles): Promise<void> {
  mkdirSync(files.folder, { recursive: true });
  const rows = Object.entries(files.contents).map(([name, content]) => {
    writeFileSync(join(files.folder, name), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return {
      name,
      location: files.location,
      path: name,
      size_bytes: Buffer.byteLength(content),
      sha256,
      dims: files.dims,
    };
  });
  const answer = await home.request<{ code?: string }>('POST', '/raw-data-files/bulk', { rows });
  if (answer.code !== undefined) throw new Error(JSON.stringify(answer));
}
