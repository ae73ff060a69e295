import path from 'node:path';
import { ATTEMPT_FILES, parseResultRecord, type DirectoryProof } from '@meridian/core';
import { FileTooLong, SiteAway, type SiteFiles } from '@meridian/hpc';
import { fileLines, type FileLine } from './file-lines.js';
import type { ReadPart } from './fits-units.js';

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
    private readonly files: SiteFiles,
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
    const reading = await this.readText(path.join(this.root, ATTEMPT_FILES.result), MAX_RECORD_BYTES);
    if (reading.kind !== 'absent') return reading;
    const base = await this.files.stat(this.basePath).catch(passOnSilence);
    return base === null
      ? { kind: 'unreachable', reason: `${this.basePath} is not there: is the file system mounted?` }
      : reading;
  }

  readOutput(relative: string, maxBytes: number): Promise<FileReading> {
    return this.readText(this.outputPath(relative), maxBytes);
  }

  /** An output by parts, none of them through a link. Rejects when the disk does not answer. */
  partsOf(relative: string): ReadPart {
    const file = this.outputPath(relative);
    return (offset, bytes) => this.files.readPart(file, offset, bytes);
  }

  /** The lines of an output, one after another. Rejects when the disk does not answer. */
  lines(relative: string): AsyncGenerator<FileLine> {
    return fileLines(this.partsOf(relative));
  }

  /** The end of what the step wrote to standard error; empty when there is nothing to read. */
  async stderrTail(): Promise<string> {
    try {
      return await this.files.readEnd(path.join(this.root, ATTEMPT_FILES.stderr), STDERR_TAIL_BYTES);
    } catch {
      // The reason without its last lines is better than no reason.
      return '';
    }
  }

  /** What the directory proves about a job that its site does not settle; null when it cannot be looked at. */
  async proof(now: Date): Promise<DirectoryProof | null> {
    const at = async (name: string): Promise<Date | null> =>
      (await this.files.stat(path.join(this.root, name)))?.modifiedAt ?? null;
    try {
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
    } catch {
      return null;
    }
  }

  /** The size of a regular output; null when nothing, or something else, is there. Rejects when the disk does not answer. */
  async outputSize(relative: string): Promise<number | null> {
    const found = await this.files.lstat(this.outputPath(relative));
    return found?.kind === 'file' ? found.size : null;
  }

  hashOutput(relative: string): Promise<string> {
    return this.files.hash(this.outputPath(relative));
  }

  /** @throws SiteAway */
  private async readText(file: string, maxBytes: number): Promise<FileReading> {
    try {
      const text = await this.files.read(file, maxBytes);
      return text === null ? { kind: 'absent' } : { kind: 'read', text };
    } catch (error) {
      passOnSilence(error);
      return { kind: 'unreachable', reason: reasonOf(error) };
    }
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

/** A site that does not answer is waited for, however long it takes; a disk that fails is not. */
function passOnSilence(error: unknown): null {
  if (error instanceof SiteAway) throw error;
  return null;
}

const reasonOf = (error: unknown): string => (error instanceof FileTooLong ? error.message : String(error));
