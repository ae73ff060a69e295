import { posix } from 'node:path';
import type { SFTPWrapper, Stats } from 'ssh2';
import type { SshConnection } from './ssh-connection.js';

export interface RemoteFile {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly modifiedAt: Date;
}

const NO_SUCH_FILE = 2;

/** An SFTP operation that the other side refused, or did not answer. */
export class SftpError extends Error {
  constructor(
    what: string,
    /** SFTP's status code; null when there was no answer. */
    readonly status: number | null,
    reason: string,
  ) {
    super(`${what}: ${reason}`);
  }
}

/**
 * Small files of a site that shares no file system with Meridian: job scripts, records, logs. Paths are absolute; each call is a channel of
 * its own, and the whole content is in memory.
 */
export class SftpFiles {
  constructor(
    private readonly connection: SshConnection,
    private readonly timeoutMs = 60_000,
  ) {}

  /** Null when there is no such file. */
  read(path: string): Promise<Buffer | null> {
    return this.orNull(`reading ${path}`, (sftp, done) => sftp.readFile(path, done));
  }

  /**
   * Whoever reads the path sees the old content or all of the new one, also after a crash of the site: it is written beside it, forced to the disk and
   * renamed over it. `suffix` names the temporary file, so that two writers do not share one.
   */
  async write(path: string, content: Buffer, suffix: string): Promise<void> {
    const temporary = `${path}.${suffix}.tmp`;
    const what = `writing ${path}`;
    await this.connection.withSftp(async (sftp) => {
      const handle = await this.ask<Buffer>(what, (done) => sftp.open(temporary, 'w', done));
      try {
        await this.ask(what, (done) => sftp.write(handle, content, 0, content.length, 0, done));
        await this.ask(what, (done) => sftp.ext_openssh_fsync(handle, done));
        await this.ask(what, (done) => sftp.close(handle, done));
        await this.ask(what, (done) => sftp.ext_openssh_rename(temporary, path, done));
      } catch (error) {
        // As far as it goes: the connection may be what failed.
        await this.ask(what, (done) => sftp.unlink(temporary, done)).catch(() => undefined);
        throw error;
      }
    });
  }

  /** With its parents; one that exists is no error. */
  async makeDirectory(path: string): Promise<void> {
    await this.connection.withSftp(async (sftp) => {
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
  async stat(path: string): Promise<RemoteFile | null> {
    const stats = await this.orNull<Stats>(`looking at ${path}`, (sftp, done) => sftp.lstat(path, done));
    return stats === null
      ? null
      : { kind: kindOf(stats), size: stats.size, modifiedAt: new Date(stats.mtime * 1000) };
  }

  /** Makes `path` a symbolic link to `target`. */
  async symlink(target: string, path: string): Promise<void> {
    await this.connection.withSftp((sftp) =>
      this.ask(`linking ${path}`, (done) => sftp.symlink(target, path, done)),
    );
  }

  /** The names in a directory, sorted; null when there is none. */
  async list(path: string): Promise<string[] | null> {
    const entries = await this.orNull<{ filename: string }[]>(`listing ${path}`, (sftp, done) =>
      sftp.readdir(path, done),
    );
    return entries?.map(({ filename }) => filename).sort() ?? null;
  }

  /** A file or a link; one that is not there is no error. */
  async remove(path: string): Promise<void> {
    await this.orNull(`removing ${path}`, (sftp, done) => sftp.unlink(path, done));
  }

  private async orNull<T>(
    what: string,
    call: (sftp: SFTPWrapper, done: Callback<T>) => void,
  ): Promise<T | null> {
    try {
      return await this.connection.withSftp((sftp) => this.ask<T>(what, (done) => call(sftp, done)));
    } catch (error) {
      if (error instanceof SftpError && error.status === NO_SUCH_FILE) return null;
      throw error;
    }
  }

  private async isDirectory(sftp: SFTPWrapper, path: string): Promise<boolean> {
    try {
      const stats = await this.ask<Stats>(`looking at ${path}`, (done) => sftp.stat(path, done));
      return stats.isDirectory();
    } catch (error) {
      if (error instanceof SftpError && error.status === NO_SUCH_FILE) return false;
      throw error;
    }
  }

  private ask<T>(what: string, call: (done: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new SftpError(what, null, 'no answer')), this.timeoutMs);
      call((error, value) => {
        clearTimeout(timer);
        if (error === undefined || error === null) return resolve(value as T);
        const { code } = error as { code?: unknown };
        reject(new SftpError(what, typeof code === 'number' ? code : null, error.message));
      });
    });
  }
}

type Callback<T> = (error?: Error | null, value?: T) => void;

function kindOf(stats: Stats): RemoteFile['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
