export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly modifiedAt: Date;
  /** Another one means that the bytes may be others. */
  readonly version: string;
}

/** A file that this machine can read, and what it has to be at the site. */
export interface Upload {
  readonly source: string;
  readonly target: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * The files of one processing location, whether they are mounted where Meridian runs or not. Paths are absolute ones of the site.
 *
 * What fails has a `code` as in node:fs where one fits (ENOENT, EACCES, ENOSPC); a site that does not answer is a `SiteAway`. Both
 * implementations pass `siteFilesContract`.
 */
export interface SiteFiles {
  readonly reach: 'mounted' | 'sftp';
  /** Each with its parents; those that exist are no error. */
  makeDirectories(paths: readonly string[]): Promise<void>;
  /** Others see all of it under the path, or what was there before. */
  writeAtomically(path: string, text: string, mode: number): Promise<void>;
  /** Makes `path` a symbolic link to `target`, in place of any other link or file. */
  link(target: string, path: string): Promise<void>;
  /**
   * Brings a copy here; it gets its name when its checksum was found right, so that one that is there is not made again.
   *
   * @throws SourceUnreadable, SourceChanged when it is the source's fault
   */
  upload(upload: Upload): Promise<void>;
  /** Of what a link leads to; null when nothing is there. */
  stat(path: string): Promise<FileFacts | null>;
  /** Of a link itself. */
  lstat(path: string): Promise<FileFacts | null>;
  /** Without any link in it. */
  realPath(path: string): Promise<string>;
  /**
   * The whole text; null when nothing is there. A link at the last step is not followed, but an error.
   *
   * @throws FileTooLong
   */
  read(path: string, maxBytes: number): Promise<string | null>;
  /** The first bytes, or all when there are fewer. */
  readStart(path: string, bytes: number): Promise<Buffer>;
  /** Up to so many bytes from `offset` on; none at the end. Not through a link. */
  readPart(path: string, offset: number, bytes: number): Promise<Buffer>;
  /** The last bytes as text; not through a link. */
  readEnd(path: string, bytes: number): Promise<string>;
  /** The sha256 of a file's bytes. */
  hash(path: string): Promise<string>;
  /**
   * Removes the file at a path below a base; one that is gone already is no error. Nothing else is removed, and no link is followed, neither on the
   * way nor at its end, whenever it was put there. When even the base, or all that is in it, is gone, the disk may be away: that is an error.
   *
   * @throws OutsideBase, SiteAway
   */
  removeFile(base: string, path: string): Promise<Removal>;
  /** The same for a directory with everything in it; a link in it goes, what it leads to stays. */
  removeTree(base: string, path: string): Promise<void>;
  /** What lies in a directory below a base, links not followed; nothing when it is not there. */
  contentsOf(base: string, path: string): Promise<Contents>;
  /** Removes a directory below a base, and those that it lies in, as far as they are empty; the first one below the base stays. */
  removeEmptyDirectories(base: string, path: string): Promise<void>;
}

export type Removal = 'removed' | 'absent';

export interface Contents {
  readonly files: number;
  readonly bytes: number;
}

/** A path does not lead to a file below its base: it says so itself, or a link or something else is in the way. */
export class OutsideBase extends Error {
  constructor(base: string, path: string) {
    super(`${path} does not lead to a file inside ${base}: a link or something else is in the way`);
  }
}

/** The names that a relative path is made of. @throws OutsideBase when it is none that stays below `base` */
export function segmentsOf(base: string, path: string): string[] {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.startsWith('/') || segments.length === 0 || segments.includes('..'))
    throw new OutsideBase(base, path);
  return segments;
}

/** The site did not answer: nothing is known about the file, and everything may be well again later. */
export class SiteAway extends Error {}

export class FileTooLong extends Error {
  constructor(name: string, size: number, maxBytes: number) {
    super(`${name} has ${size} bytes; at most ${maxBytes} are read`);
  }
}

/** The source of an upload is not what was registered. */
export class SourceChanged extends Error {
  constructor(found: string, registered: string) {
    super(`has changed: its sha256 is ${found}, registered is ${registered}`);
  }
}

/** The source of an upload cannot be read; `cause` says why. */
export class SourceUnreadable extends Error {
  constructor(cause: unknown) {
    super('the source cannot be read', { cause });
  }
}
