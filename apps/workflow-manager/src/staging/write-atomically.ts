import { randomUUID } from 'node:crypto';
import { rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A name beside `path` on the same file system, hidden from patterns like `*`. */
export const temporaryNameFor = (path: string): string => join(dirname(path), `.${randomUUID()}.partial`);

/** Makes `path` by `write` to a temporary name and a rename: others see the whole of it, or what was there before. */
export async function replaceAtomically(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryNameFor(path);
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

export const writeFileAtomically = (path: string, text: string, mode: number): Promise<void> =>
  replaceAtomically(path, (temporary) => writeFile(temporary, text, { mode }));
