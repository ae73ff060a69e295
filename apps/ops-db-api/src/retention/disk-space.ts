import { statfs } from 'node:fs/promises';
import type { JsonObject } from '@meridian/core';

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

interface Place {
  readonly basePath: string;
  readonly backendConfig: JsonObject;
}

/** What the file system of a location says; null where this process cannot look at it. */
export async function diskSpaceAt({ basePath, backendConfig }: Place): Promise<DiskSpace | null> {
  // Its base is a path of another machine; the same path here is something else.
  if (backendConfig['files'] === 'sftp') return null;
  try {
    const { bsize, blocks, bavail } = await statfs(basePath);
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
  } catch {
    return null;
  }
}
