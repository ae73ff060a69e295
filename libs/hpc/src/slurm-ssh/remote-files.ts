import { createHash, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { sha256OfFile } from '../site-files/mounted-files.js';
import {
  SiteAway,
  SourceChanged,
  SourceUnreadable,
  type Contents,
  type FileFacts,
  type Removal,
  type SiteFiles,
  type Upload,
} from '../site-files/site-files.js';
import { SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';
import { SftpError } from './ask-sftp.js';
import { RemoteHasher } from './remote-hasher.js';
import { SftpFiles, type RemoteFile } from './sftp-files.js';
import { RemoteRemoval } from './remote-removal.js';
import { SharedSftp } from './shared-sftp.js';
import type { SshConnection } from './ssh-connection.js';

/** SFTP's word for every failure that it has no other for; a full disk is one. */
const FAILURE = 4;

/** The files of a site that shares no file system with Meridian, over its one SSH connection. */
export class RemoteFiles implements SiteFiles {
  readonly reach = 'sftp';
  private readonly files: SftpFiles;
  private readonly hasher: RemoteHasher;
  private readonly removal: RemoteRemoval;

  constructor(connection: SshConnection) {
    this.files = new SftpFiles(new SharedSftp(connection));
    this.hasher = new RemoteHasher(connection);
    this.removal = new RemoteRemoval(this.files);
  }

  async makeDirectories(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.writing(path, 0, () => this.files.makeDirectory(path));
  }

  writeAtomically(path: string, text: string, mode: number): Promise<void> {
    const content = Buffer.from(text);
    return this.writing(path, content.length, () => this.files.write(path, content, mode));
  }

  link(target: string, path: string): Promise<void> {
    return this.writing(path, 0, async () => {
      try {
        await this.files.symlink(target, path);
      } catch (error) {
        // Something may be there: SFTP does not tell that from other failures.
        if (!isFailure(error) || (await this.files.lstat(path)) === null) throw error;
        if ((await this.files.readLink(path).catch(() => null)) === target) return;
        const temporary = posix.join(posix.dirname(path), `.${randomUUID()}.partial`);
        await this.files.symlink(target, temporary);
        await this.files.rename(temporary, path);
      }
    });
  }

  async upload(upload: Upload): Promise<void> {
    if (await this.isUploaded(upload)) return;
    // Another one's upload of the same bytes to the same path may go on with this one, and the other way round.
    const name = createHash('sha256').update(`${upload.target} ${upload.sha256}`).digest('hex').slice(0, 32);
    const partial = posix.join(posix.dirname(upload.target), `.${name}.partial`);
    await this.writing(upload.target, upload.sizeBytes, async () => {
      try {
        await this.send(upload, partial);
        await this.files.rename(partial, upload.target);
      } catch (error) {
        // Somebody else may have been faster.
        if (isSilence(error) || !(await this.isUploaded(upload))) throw error;
      }
    });
  }

  stat(path: string): Promise<FileFacts | null> {
    return asked(async () => factsOf(await this.files.stat(path)));
  }

  lstat(path: string): Promise<FileFacts | null> {
    return asked(async () => factsOf(await this.files.lstat(path)));
  }

  realPath(path: string): Promise<string> {
    return asked(() => this.files.realPath(path));
  }

  read(path: string, maxBytes: number): Promise<string | null> {
    return asked(async () => {
      await this.refuseLink(path);
      return (await this.files.read(path, maxBytes))?.toString('utf8') ?? null;
    });
  }

  readStart(path: string, bytes: number): Promise<Buffer> {
    return asked(() => this.files.readStart(path, bytes));
  }

  readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
    return asked(async () => {
      await this.refuseLink(path);
      return this.files.readPart(path, offset, bytes);
    });
  }

  readEnd(path: string, bytes: number): Promise<string> {
    return asked(async () => {
      await this.refuseLink(path);
      return (await this.files.readEnd(path, bytes)).toString('utf8');
    });
  }

  hash(path: string): Promise<string> {
    return asked(async () => {
      const found = await this.files.stat(path);
      if (found === null) throw new SftpError(`hashing ${path}`, 2, 'No such file');
      return this.hasher.hash(path, found.size);
    });
  }

  removeFile(base: string, path: string): Promise<Removal> {
    return asked(() => this.removal.removeFile(base, path));
  }

  removeTree(base: string, path: string): Promise<void> {
    return asked(() => this.removal.removeTree(base, path));
  }

  contentsOf(base: string, path: string): Promise<Contents> {
    return asked(() => this.removal.contentsOf(base, path));
  }

  removeEmptyDirectories(base: string, path: string): Promise<void> {
    return asked(() => this.removal.removeEmptyDirectories(base, path));
  }

  private async isUploaded({ target, sizeBytes }: Upload): Promise<boolean> {
    const present = await this.lstat(target);
    return present?.kind === 'file' && present.size === sizeBytes;
  }

  /** What an earlier upload left may be damaged: it is thrown away once. */
  private async send({ source, sizeBytes, sha256 }: Upload, partial: string): Promise<void> {
    for (const isLastTry of [false, true]) {
      await this.files.upload(source, partial, sizeBytes);
      const arrived = await this.hasher.hash(partial, sizeBytes);
      if (arrived === sha256) return;
      await this.files.remove(partial);
      const sent = await sha256OfFile(source).catch((error: unknown) => {
        throw new SourceUnreadable(error);
      });
      if (sent !== sha256) throw new SourceChanged(sent, sha256);
      if (isLastTry) throw new Error(`${source} arrived damaged at the site twice`);
    }
  }

  /** An SFTP server cannot open without following a link. */
  private async refuseLink(path: string): Promise<void> {
    const found = await this.files.lstat(path);
    if (found !== null && found.kind !== 'file') throw new Error(`${path} is no file but a ${found.kind}`);
  }

  /** Tells a full disk from other failures, which SFTP does not. */
  private async writing<T>(path: string, bytes: number, work: () => Promise<T>): Promise<T> {
    try {
      return await asked(work);
    } catch (error) {
      if (isFailure(error) && (await this.isFull(path, bytes))) throw new DiskFull(path);
      throw error;
    }
  }

  private async isFull(path: string, bytes: number): Promise<boolean> {
    for (let at = path; ; at = posix.dirname(at)) {
      const space = await this.files.spaceAt(at).catch(() => null);
      if (space !== null) return space.bytes <= bytes || space.files === 0;
      if (at === '/') return false;
    }
  }
}

class DiskFull extends Error {
  readonly code = 'ENOSPC';
  constructor(path: string) {
    super(`writing ${path}: no space left on the site's disk`);
  }
}

const isFailure = (error: unknown): boolean => error instanceof SftpError && error.status === FAILURE;

const isSilence = (error: unknown): error is Error =>
  error instanceof SlurmUnreachable ||
  error instanceof SlurmSilence ||
  (error instanceof SftpError && error.isSilence);

/** Silence is the site's, whatever was asked. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSilence(error) ? new SiteAway(error.message) : error;
  }
}

const factsOf = (found: RemoteFile | null): FileFacts | null =>
  found === null ? null : { ...found, version: `${found.size} ${found.modifiedAt.getTime()}` };
