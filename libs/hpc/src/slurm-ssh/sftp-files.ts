import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { utils, type SFTPWrapper, type Stats } from 'ssh2';
import { FileTooLong } from '../site-files/site-files.js';
import { askSftp, SftpError, type SftpCallback } from './ask-sftp.js';
import type { SftpChannels } from './shared-sftp.js';
import { readRange, sendFile, type OpenRemoteFile } from './sftp-bytes.js';

export interface RemoteFile {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly modifiedAt: Date;
}

/** What a file system has left for our user. */
export interface RemoteSpace {
  readonly bytes: number;
  /** Null where it does not count them. */
  readonly files: number | null;
}

/** Until the end of a file that does not tell its size, as those of /proc. */
const UNSIZED_BYTES = 1_048_576;

const { OPEN_MODE } = utils.sftp;

/** The operations of SFTP as promises. Paths are absolute ones of the site; what is read and written is in memory, what is sent is not. */
export class SftpFiles {
  constructor(
    private readonly channels: SftpChannels,
    private readonly timeoutMs = 60_000,
  ) {}

  /**
   * Null when there is no such file. A link is followed.
   *
   * @throws FileTooLong
   */
  read(path: string, maxBytes: number): Promise<Buffer | null> {
    return this.orNull(() =>
      this.withFile(path, OPEN_MODE.READ, async (file) => {
        const { size } = await this.sizeOf(file);
        if (size > maxBytes) throw new FileTooLong(posix.basename(path), size, maxBytes);
        return readRange(file, 0, size === 0 ? Math.min(UNSIZED_BYTES, maxBytes) : size);
      }),
    );
  }

  readStart(path: string, bytes: number): Promise<Buffer> {
    return this.withFile(path, OPEN_MODE.READ, (file) => readRange(file, 0, bytes));
  }

  readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
    return this.withFile(path, OPEN_MODE.READ, (file) => readRange(file, offset, offset + bytes));
  }

  readEnd(path: string, bytes: number): Promise<Buffer> {
    return this.withFile(path, OPEN_MODE.READ, async (file) => {
      const { size } = await this.sizeOf(file);
      return readRange(file, Math.max(0, size - bytes), size);
    });
  }

  /**
   * Whoever reads the path sees the old content or all of the new one, also after a crash of the site: it is written beside it, forced to the disk and
   * renamed over it.
   */
  async write(path: string, content: Buffer, mode = 0o644): Promise<void> {
    const temporary = posix.join(posix.dirname(path), `.${randomUUID()}.partial`);
    try {
      await this.withFile(
        temporary,
        OPEN_MODE.WRITE | OPEN_MODE.CREAT | OPEN_MODE.EXCL,
        async ({ sftp, handle }) => {
          await this.ask(`writing ${path}`, (done) =>
            sftp.write(handle, content, 0, content.length, 0, done),
          );
          await this.ask(`writing ${path}`, (done) => sftp.ext_openssh_fsync(handle, done));
        },
        mode,
      );
      await this.rename(temporary, path);
    } catch (error) {
      // What a lost connection leaves is hidden and small; it is not worth a new one.
      if (isAnswer(error)) await this.remove(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** Goes on where an earlier upload to the same path ended; one that is longer than the source is begun anew. */
  async upload(source: string, path: string, sizeBytes: number): Promise<void> {
    await this.withFile(path, OPEN_MODE.WRITE | OPEN_MODE.CREAT, async (file) => {
      const { sftp, handle } = file;
      const { size } = await this.sizeOf(file);
      const isBeginning = size <= sizeBytes;
      if (!isBeginning)
        await this.ask(`shortening ${path}`, (done) => sftp.fsetstat(handle, { size: 0 }, done));
      await sendFile(file, source, isBeginning ? size : 0);
      await this.ask(`writing ${path}`, (done) => sftp.ext_openssh_fsync(handle, done));
    });
  }

  /** In place of what is there. */
  async rename(from: string, to: string): Promise<void> {
    await this.channels.withSftp((sftp) =>
      this.ask(`renaming ${from} to ${to}`, (done) => sftp.ext_openssh_rename(from, to, done)),
    );
  }

  /** With its parents; one that exists is no error. */
  async makeDirectory(path: string): Promise<void> {
    await this.channels.withSftp(async (sftp) => {
      const missing: string[] = [];
      for (let at = path; at !== '/' && !(await this.isDirectory(sftp, at)); at = posix.dirname(at))
        missing.unshift(at);
      for (const directory of missing) {
        try {
          await this.ask(`making ${directory}`, (done) => sftp.mkdir(directory, done));
        } catch (error) {
          // Somebody else may have been faster.
          if (!(await this.isDirectory(sftp, directory))) throw error;
        }
      }
    });
  }

  /** Of a symbolic link itself; null when there is nothing. */
  async lstat(path: string): Promise<RemoteFile | null> {
    const stats = await this.requestOrNull<Stats>(`looking at ${path}`, (sftp, done) =>
      sftp.lstat(path, done),
    );
    return stats === null ? null : factsOf(stats);
  }

  /** Of what it leads to; null when there is nothing. */
  async stat(path: string): Promise<RemoteFile | null> {
    const stats = await this.requestOrNull<Stats>(`looking at ${path}`, (sftp, done) =>
      sftp.stat(path, done),
    );
    return stats === null ? null : factsOf(stats);
  }

  /** Where a symbolic link leads to; null when there is none. */
  readLink(path: string): Promise<string | null> {
    return this.requestOrNull(`reading ${path}`, (sftp, done) => sftp.readlink(path, done));
  }

  realPath(path: string): Promise<string> {
    return this.channels.withSftp((sftp) =>
      this.ask<string>(`looking at ${path}`, (done) => sftp.realpath(path, done)),
    );
  }

  async spaceAt(path: string): Promise<RemoteSpace> {
    const space = await this.channels.withSftp((sftp) =>
      this.ask<{ f_frsize: number; f_bavail: number; f_files: number; f_favail: number }>(
        `looking for space at ${path}`,
        (done) => sftp.ext_openssh_statvfs(path, done),
      ),
    );
    return {
      bytes: space.f_frsize * space.f_bavail,
      files: space.f_files === 0 ? null : space.f_favail,
    };
  }

  /** Makes `path` a symbolic link to `target`. */
  async symlink(target: string, path: string): Promise<void> {
    await this.channels.withSftp((sftp) =>
      this.ask(`linking ${path}`, (done) => sftp.symlink(target, path, done)),
    );
  }

  /** The names in a directory, sorted; null when there is none. */
  async list(path: string): Promise<string[] | null> {
    const entries = await this.requestOrNull<{ filename: string }[]>(`listing ${path}`, (sftp, done) =>
      sftp.readdir(path, done),
    );
    return entries?.map(({ filename }) => filename).sort() ?? null;
  }

  /** A file or a link; one that is not there is no error. */
  async remove(path: string): Promise<void> {
    await this.requestOrNull(`removing ${path}`, (sftp, done) => sftp.unlink(path, done));
  }

  /** A directory that is empty; one that is not there is no error. False when it is not empty, or is not ours to remove. */
  async removeDirectory(path: string): Promise<boolean> {
    try {
      await this.requestOrNull(`removing ${path}`, (sftp, done) => sftp.rmdir(path, done));
      return true;
    } catch (error) {
      if (error instanceof SftpError && !error.isSilence) return false;
      throw error;
    }
  }

  private requestOrNull<T>(
    what: string,
    call: (sftp: SFTPWrapper, done: SftpCallback<T>) => void,
  ): Promise<T | null> {
    return this.orNull(() => this.channels.withSftp((sftp) => this.ask<T>(what, (done) => call(sftp, done))));
  }

  private async orNull<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SftpError && error.isMissing) return null;
      throw error;
    }
  }

  private withFile<T>(
    path: string,
    flags: number,
    work: (file: OpenRemoteFile) => Promise<T>,
    mode = 0o644,
  ): Promise<T> {
    const { timeoutMs } = this;
    return this.channels.withSftp(async (sftp) => {
      const handle = await this.ask<Buffer>(`opening ${path}`, (done) =>
        sftp.open(path, flags, { mode }, done),
      );
      const close = (): Promise<unknown> => this.ask(`closing ${path}`, (done) => sftp.close(handle, done));
      try {
        const result = await work({ sftp, handle, path, timeoutMs });
        await close();
        return result;
      } catch (error) {
        if (isAnswer(error)) await close().catch(() => undefined);
        throw error;
      }
    });
  }

  private sizeOf({ sftp, handle, path }: OpenRemoteFile): Promise<Stats> {
    return this.ask<Stats>(`looking at ${path}`, (done) => sftp.fstat(handle, done));
  }

  private async isDirectory(sftp: SFTPWrapper, path: string): Promise<boolean> {
    const stats = await this.orNull(() =>
      this.ask<Stats>(`looking at ${path}`, (done) => sftp.stat(path, done)),
    );
    return stats?.isDirectory() ?? false;
  }

  private ask<T>(what: string, call: (done: SftpCallback<T>) => void): Promise<T> {
    return askSftp(what, this.timeoutMs, call);
  }
}

/** The other side said no; otherwise there may be nobody to talk to. */
const isAnswer = (error: unknown): boolean => !(error instanceof SftpError && error.isSilence);

const factsOf = (stats: Stats): RemoteFile => ({
  kind: kindOf(stats),
  size: stats.size,
  modifiedAt: new Date(stats.mtime * 1000),
});

function kindOf(stats: Stats): RemoteFile['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
