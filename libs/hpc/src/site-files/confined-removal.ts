import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { OutsideBase, segmentsOf, SiteAway, type Contents, type Removal } from './site-files.js';

/*
 * Removal on a disk that is mounted here. Jobs write below a base and may make links there, also while we look: so every directory on the way is
 * opened without following links, and what it holds is named through that open directory, whatever its path leads to by then.
 */

/** The names in an open directory are looked up in it itself, wherever it was moved to; elsewhere than on Linux by its path. */
const within = ({ handle, path }: OpenDirectory, name: string): string =>
  process.platform === 'linux' ? `/proc/self/fd/${handle.fd}/${name}` : join(path, name);

interface OpenDirectory {
  readonly handle: FileHandle;
  readonly path: string;
}

/** One file; a link under its name, and a link on the way, are refused. */
export async function removeFile(base: string, path: string): Promise<Removal> {
  const [name, parents] = lastOf(path);
  const removal = await inDirectory(base, parents, async (directory) => {
    const found = await orNull(lstat(within(directory, name)));
    if (found === null) return 'absent';
    if (!found.isFile()) throw new OutsideBase(base, path);
    await unlink(within(directory, name)).catch(absentIsFine);
    return 'removed';
  });
  return removal ?? 'absent';
}

/** A directory with everything in it; links in it go, what they lead to stays. */
export async function removeTree(base: string, path: string): Promise<void> {
  const [name, parents] = lastOf(path);
  await inDirectory(base, parents, (directory) => removeEntry(directory, name));
}

/** What lies in a directory; nothing when it is not there. */
export async function contentsOf(base: string, path: string): Promise<Contents> {
  return (await inDirectory(base, segmentsOf(base, path), measure)) ?? { files: 0, bytes: 0 };
}

/** Removes the directories of a path that are empty, from the innermost on, but for the first one below the base. */
export async function removeEmptyDirectories(base: string, path: string): Promise<void> {
  for (let segments = segmentsOf(base, path); segments.length > 1; segments = segments.slice(0, -1)) {
    const name = segments.at(-1) ?? '';
    const isGone = await inDirectory(base, segments.slice(0, -1), async (directory) =>
      rmdir(within(directory, name)).then(
        () => true,
        (error: unknown) => isAbsent(error),
      ),
    );
    if (isGone === false) return;
  }
}

async function removeEntry(parent: OpenDirectory, name: string): Promise<void> {
  const found = await orNull(lstat(within(parent, name)));
  if (found === null) return;
  if (!found.isDirectory()) return unlink(within(parent, name)).catch(absentIsFine);
  await withDirectory(within(parent, name), join(parent.path, name), async (directory) => {
    for (const entry of await readdir(within(directory, '.'))) await removeEntry(directory, entry);
  });
  await rmdir(within(parent, name)).catch(absentIsFine);
}

async function measure(directory: OpenDirectory): Promise<Contents> {
  let [files, bytes] = [0, 0];
  for (const name of await readdir(within(directory, '.'))) {
    const found = await orNull(lstat(within(directory, name)));
    if (found === null) continue;
    const inside = found.isDirectory()
      ? await withDirectory(within(directory, name), join(directory.path, name), measure)
      : { files: 1, bytes: found.isFile() ? found.size : 0 };
    files += inside?.files ?? 0;
    bytes += inside?.bytes ?? 0;
  }
  return { files, bytes };
}

/** Opens the directory that these names lead to from the base; null when there is none. */
async function inDirectory<Value>(
  base: string,
  segments: readonly string[],
  work: (directory: OpenDirectory) => Promise<Value>,
): Promise<Value | null> {
  const root = await realpath(base);
  const descend = async (
    directory: OpenDirectory,
    [name, ...rest]: readonly string[],
  ): Promise<Value | null> => {
    if (name === undefined) return work(directory);
    try {
      return await withDirectory(within(directory, name), join(directory.path, name), (next) =>
        descend(next, rest),
      );
    } catch (error) {
      throw isLinkInTheWay(error) ? new OutsideBase(base, segments.join('/')) : error;
    }
  };
  const result = await withDirectory(root, root, async (directory) => {
    const found = await descend(directory, segments);
    if (found === null || found === 'absent') await refuseEmpty(directory, base);
    return found;
  });
  return result;
}

/** Where a disk is not mounted there is often an empty directory: nothing is known about the files. */
async function refuseEmpty(directory: OpenDirectory, base: string): Promise<void> {
  const entries = await readdir(within(directory, '.'));
  if (entries.length === 0) throw new SiteAway(`${base} is empty: is the file system mounted?`);
}

async function withDirectory<Value>(
  name: string,
  path: string,
  work: (directory: OpenDirectory) => Promise<Value>,
): Promise<Value | null> {
  const handle = await orNull(open(name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  if (handle === null) return null;
  try {
    return await work({ handle, path });
  } finally {
    await handle.close();
  }
}

function lastOf(path: string): [string, readonly string[]] {
  const segments = segmentsOf('', path);
  return [segments.at(-1) ?? '', segments.slice(0, -1)];
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
const isAbsent = (error: unknown): boolean => codeOf(error) === 'ENOENT';
const isLinkInTheWay = (error: unknown): boolean => ['ELOOP', 'ENOTDIR'].includes(String(codeOf(error)));

function absentIsFine(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

async function orNull<Value>(look: Promise<Value>): Promise<Value | null> {
  try {
    return await look;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
