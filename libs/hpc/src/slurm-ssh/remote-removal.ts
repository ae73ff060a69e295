import { posix } from 'node:path';
import { OutsideBase, segmentsOf, SiteAway, type Contents, type Removal } from '../site-files/site-files.js';
import type { SftpFiles } from './sftp-files.js';

/**
 * Removal over SFTP, which has no way to name a file within a directory that is open: the directory's path is resolved, compared with what it has
 * to be, and then used. A link that is put in its place between the two, a round trip apart, would be followed; one that was there before is not.
 */
export class RemoteRemoval {
  constructor(private readonly files: SftpFiles) {}

  async removeFile(base: string, path: string): Promise<Removal> {
    const segments = segmentsOf(base, path);
    const directory = await this.directoryOf(base, segments.slice(0, -1));
    const file = posix.join(directory ?? '', segments.at(-1) ?? '');
    const found = directory === null ? null : await this.files.lstat(file);
    if (found === null) return this.absent(base);
    if (found.kind !== 'file') throw new OutsideBase(base, path);
    await this.files.remove(file);
    return 'removed';
  }

  async removeTree(base: string, path: string): Promise<void> {
    const segments = segmentsOf(base, path);
    const directory = await this.directoryOf(base, segments.slice(0, -1));
    if (directory === null) await this.absent(base);
    else await this.removeEntry(posix.join(directory, segments.at(-1) ?? ''));
  }

  async contentsOf(base: string, path: string): Promise<Contents> {
    const directory = await this.directoryOf(base, segmentsOf(base, path));
    if (directory !== null) return this.measure(directory);
    await this.absent(base);
    return { files: 0, bytes: 0 };
  }

  async removeEmptyDirectories(base: string, path: string): Promise<void> {
    for (let segments = segmentsOf(base, path); segments.length > 1; segments = segments.slice(0, -1)) {
      const directory = await this.directoryOf(base, segments);
      if (directory !== null && !(await this.files.removeDirectory(directory))) return;
    }
  }

  private async removeEntry(path: string): Promise<void> {
    const found = await this.files.lstat(path);
    if (found === null) return;
    if (found.kind !== 'directory') return this.files.remove(path);
    for (const name of (await this.files.list(path)) ?? []) await this.removeEntry(posix.join(path, name));
    if (!(await this.files.removeDirectory(path))) throw new Error(`${path} could not be removed`);
  }

  private async measure(directory: string): Promise<Contents> {
    let [files, bytes] = [0, 0];
    for (const name of (await this.files.list(directory)) ?? []) {
      const found = await this.files.lstat(posix.join(directory, name));
      if (found === null) continue;
      const isDirectory = found.kind === 'directory';
      const inside = isDirectory
        ? await this.measure(posix.join(directory, name))
        : { files: 1, bytes: found.kind === 'file' ? found.size : 0 };
      files += inside.files;
      bytes += inside.bytes;
    }
    return { files, bytes };
  }

  /** The resolved path of the directory that these names lead to from the base; null when there is none. @throws OutsideBase */
  private async directoryOf(base: string, segments: readonly string[]): Promise<string | null> {
    const wanted = posix.join(await this.files.realPath(base), ...segments);
    const found = await this.files.stat(wanted);
    if (found === null) {
      // What dangles is in the way as well.
      if ((await this.files.lstat(wanted)) !== null) throw new OutsideBase(base, segments.join('/'));
      return null;
    }
    if (found.kind !== 'directory' || (await this.files.realPath(wanted)) !== wanted)
      throw new OutsideBase(base, segments.join('/'));
    return wanted;
  }

  /** Where a disk is not mounted there is often an empty directory: nothing is known about the files. */
  private async absent(base: string): Promise<'absent'> {
    const names = await this.files.list(base);
    if ((names ?? []).length === 0) throw new SiteAway(`${base} is empty: is the file system mounted?`);
    return 'absent';
  }
}
