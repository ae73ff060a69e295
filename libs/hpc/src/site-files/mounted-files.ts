import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, createWriteStream, type BigIntStats } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as removal from './confined-removal.js';
import {
  FileTooLong,
  SourceChanged,
  SourceUnreadable,
  type Contents,
  type FileFacts,
  type Removal,
  type SiteFiles,
  type Upload,
} from './site-files.js';

const BYTES_PER_READ = 1 << 20;

/** The files of a location whose file system is mounted here under the same paths. */
class MountedFiles implements SiteFiles {
  readonly reach = 'mounted';

  async makeDirectories(paths: readonly string[]): Promise<void> {
    for (const path of paths) await mkdir(path, { recursive: true });
  }

  writeAtomically(path: string, text: string, mode: number): Promise<void> {
    return replaceAtomically(path, (temporary) => writeFile(temporary, text, { mode }));
  }

  async link(target: string, path: string): Promise<void> {
    try {
      await symlink(target, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const present = await readlink(path).catch(() => null);
      if (present !== target) await replaceAtomically(path, (temporary) => symlink(target, temporary));
    }
  }

  async upload({ source, target, sizeBytes, sha256 }: Upload): Promise<void> {
    const present = await lstat(target).catch(() => null);
    if (present?.isFile() === true && present.size === sizeBytes) return;
    try {
      await replaceAtomically(target, async (temporary) => {
        const hash = createHash('sha256');
        const reader = createReadStream(source);
        reader.on('data', (chunk) => hash.update(chunk));
        await pipeline(reader, createWriteStream(temporary, { flags: 'wx', mode: 0o644 }));
        const found = hash.digest('hex');
        if (found !== sha256) throw new SourceChanged(found, sha256);
      });
    } catch (error) {
      // Reading and writing fail with the same codes; only the path says whose fault it was.
      throw pathOf(error) === source ? new SourceUnreadable(error) : error;
    }
  }

  stat(path: string): Promise<FileFacts | null> {
    return orNull(stat(path, { bigint: true }).then(factsOf));
  }

  lstat(path: string): Promise<FileFacts | null> {
    return orNull(lstat(path, { bigint: true }).then(factsOf));
  }

  realPath(path: string): Promise<string> {
    return realpath(path);
  }

  read(path: string, maxBytes: number): Promise<string | null> {
    return orNull(
      withFile(path, constants.O_NOFOLLOW, async (file) => {
        const { size } = await file.stat();
        if (size > maxBytes) throw new FileTooLong(basename(path), size, maxBytes);
        return file.readFile('utf8');
      }),
    );
  }

  readStart(path: string, bytes: number): Promise<Buffer> {
    return withFile(path, 0, async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead);
    });
  }

  readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
    return withFile(path, constants.O_NOFOLLOW, async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
      return buffer.subarray(0, bytesRead);
    });
  }

  readEnd(path: string, bytes: number): Promise<string> {
    return withFile(path, constants.O_NOFOLLOW, async (file) => {
      const { size } = await file.stat();
      const length = Math.min(size, bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString('utf8');
    });
  }

  hash(path: string): Promise<string> {
    return sha256OfFile(path);
  }

  removeFile(base: string, path: string): Promise<Removal> {
    return removal.removeFile(base, path);
  }

  removeTree(base: string, path: string): Promise<void> {
    return removal.removeTree(base, path);
  }

  contentsOf(base: string, path: string): Promise<Contents> {
    return removal.contentsOf(base, path);
  }

  removeEmptyDirectories(base: string, path: string): Promise<void> {
    return removal.removeEmptyDirectories(base, path);
  }
}

export const mountedFiles: SiteFiles = new MountedFiles();

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: BYTES_PER_READ }), hash);
  return hash.digest('hex');
}

/**
 * Removes what processes that died left beside `path` while they were making it; nothing where the directory is not there. Who makes it at
 * this moment fails, and leaves nothing.
 */
export async function removePartials(path: string): Promise<void> {
  const names = (await orNull(readdir(dirname(path)))) ?? [];
  for (const name of names.filter((one) => one.startsWith(partialPrefix(path)) && one.endsWith('.partial')))
    await rm(join(dirname(path), name), { force: true });
}

/** Not the name itself: with more around it, it might become too long. */
const partialPrefix = (path: string): string =>
  `.${createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)}-`;

/** Makes `path` by `write` to a name beside it, hidden from patterns like `*`, and a rename. */
async function replaceAtomically(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `${partialPrefix(path)}${randomUUID()}.partial`);
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function withFile<Value>(
  path: string,
  flags: number,
  work: (file: FileHandle) => Promise<Value>,
): Promise<Value> {
  const file = await open(path, constants.O_RDONLY | flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function orNull<Value>(look: Promise<Value>): Promise<Value | null> {
  try {
    return await look;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

const factsOf = (stats: BigIntStats): FileFacts => ({
  kind: kindOf(stats),
  size: Number(stats.size),
  modifiedAt: stats.mtime,
  version: `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}`,
});

function kindOf(stats: BigIntStats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

/** By what it holds: an error of another realm is no instance of this one's Error. */
const propertyOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
const codeOf = (error: unknown): unknown => propertyOf(error, 'code');
const pathOf = (error: unknown): unknown => propertyOf(error, 'path');
