import { constants } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { ATTEMPT_FILES, parseResultRecord, type DirectoryProof } from '@meridian/core';

/** A file's text; `absent` only when the location itself is there and the file is not; `unreachable` may pass. */
export type FileReading =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly reason: string };

const MAX_RECORD_BYTES = 256 * 1024 * 1024;
const STDERR_TAIL_BYTES = 16 * 1024;

/** What a finished job left on disk, read only: links are never followed at the last step of a path. */
export class AttemptDirectory {
  private readonly root: string;

  constructor(
    private readonly basePath: string,
    directory: string,
  ) {
    this.root = path.join(basePath, directory);
  }

  outputPath(relative: string): string {
    return path.join(this.root, ATTEMPT_FILES.output, relative);
  }

  /** `result.json`. A location that is not mounted looks like a missing file, so its base path is looked at, too. */
  async readRecord(): Promise<FileReading> {
    const reading = await readText(path.join(this.root, ATTEMPT_FILES.result), MAX_RECORD_BYTES);
    if (reading.kind !== 'absent') return reading;
    const base = await modifiedAt(this.basePath);
    return base === null
      ? { kind: 'unreachable', reason: `${this.basePath} is not there: is the file system mounted?` }
      : reading;
  }

  readOutput(relative: string, maxBytes: number): Promise<FileReading> {
    return readText(this.outputPath(relative), maxBytes);
  }

  /** The end of what the step wrote to standard error; empty when there is nothing to read. */
  async stderrTail(): Promise<string> {
    try {
      const file = await open(
        path.join(this.root, ATTEMPT_FILES.stderr),
        constants.O_RDONLY | constants.O_NOFOLLOW,
      );
      try {
        const { size } = await file.stat();
        const length = Math.min(size, STDERR_TAIL_BYTES);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
        return buffer.subarray(0, bytesRead).toString('utf8');
      } finally {
        await file.close();
      }
    } catch {
      // The reason without its last lines is better than no reason.
      return '';
    }
  }

  /** What the directory proves about a job that its site does not settle. */
  async proof(now: Date): Promise<DirectoryProof> {
    const at = (name: string): Promise<Date | null> => modifiedAt(path.join(this.root, name));
    const [record, requeued, heartbeat, claim] = await Promise.all([
      at(ATTEMPT_FILES.result),
      at(ATTEMPT_FILES.requeued),
      at(ATTEMPT_FILES.heartbeat),
      at(ATTEMPT_FILES.claim),
    ]);
    const touched = Math.max(heartbeat?.getTime() ?? 0, claim?.getTime() ?? 0);
    const quietSeconds = touched === 0 ? null : (now.getTime() - touched) / 1000;
    const wasStopped = record !== null && saysStopped(await this.readRecord());
    return { hasRecord: record !== null, wasStopped, wasRequeued: requeued !== null, quietSeconds };
  }
}

/** A record that cannot be read says nothing; what it is worth is found when it is collected. */
function saysStopped(reading: FileReading): boolean {
  try {
    return reading.kind === 'read' && parseResultRecord(reading.text).wasStopped;
  } catch {
    return false;
  }
}

async function readText(file: string, maxBytes: number): Promise<FileReading> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes)
        return {
          kind: 'unreachable',
          reason: `${path.basename(file)} has ${size} bytes; at most ${maxBytes} are read`,
        };
      return { kind: 'read', text: await handle.readFile('utf8') };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return isNotThere(error) ? { kind: 'absent' } : { kind: 'unreachable', reason: String(error) };
  }
}

/** Null when nothing is there, or nothing can be said: neither proves anything. */
async function modifiedAt(file: string): Promise<Date | null> {
  try {
    return (await stat(file)).mtime;
  } catch {
    return null;
  }
}

/** The size of a regular file; null when nothing, or something else, is there. Rejects when the disk does not answer. */
export async function regularFileSize(file: string): Promise<number | null> {
  try {
    const found = await lstat(file);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}

/** By its code alone: an error of another realm is no instance of this one's Error. */
const isNotThere = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');
