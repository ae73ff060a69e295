import { closeSync, existsSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';

const MAX_BYTES = 20 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

/** Appends lines to a file; at 20 MB the file is put aside as `.1`, so that two of them exist at most. */
export class LogFile {
  private file: number;
  private size: number;

  constructor(private readonly path: string) {
    this.file = openSync(path, 'a', 0o600);
    this.size = statSync(path).size;
  }

  append(line: string): void {
    if (this.size > MAX_BYTES) this.rotate();
    this.size += writeSync(this.file, `${line}\n`);
  }

  close(): void {
    closeSync(this.file);
  }

  private rotate(): void {
    closeSync(this.file);
    renameSync(this.path, `${this.path}.1`);
    this.file = openSync(this.path, 'a', 0o600);
    this.size = 0;
  }
}

/** The last lines of a file; empty when there is none. */
export function tailOf(path: string, lines: number): string {
  if (!existsSync(path)) return '';
  const size = statSync(path).size;
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
  } finally {
    closeSync(file);
  }
  return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
