import { CONTRACT_VERSION } from '../execution/manifest.js';
import { DomainError } from '../shared/domain-error.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { messageOf } from '../shared/message-of.js';
import { isSafeRelativePath } from './safe-path.js';

/** The job script's own exit codes. A step that exits with one of them is reported as 1; its record keeps the true code. */
export const FENCED_EXIT_CODE = 113;
/** A second start of the same job by the scheduler (a requeue): nothing ran, `claim/requeued` exists. */
export const REQUEUED_EXIT_CODE = 114;
/** The step ended, but its record could not be written: is the disk full? */
export const RECORD_NOT_WRITTEN_EXIT_CODE = 115;
/** Nothing ran, because the attempt directory cannot be written. */
export const NOT_CLAIMABLE_EXIT_CODE = 116;

/** One output file; `path` is relative to the attempt's output directory. */
export interface ResultFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  readonly sha256: string;
}

export const SKIP_REASONS = ['symlink', 'special', 'unreadable', 'unnameable'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Something in the output directory that is no product; `unnameable` is a name that is not UTF-8. */
export interface SkippedEntry {
  readonly path: string;
  readonly reason: SkipReason;
}

/** What a job says about itself: `result.json`, written once by the job script. */
export interface ResultRecord {
  readonly token: string;
  readonly runId: number;
  readonly attempt: number;
  readonly exitCode: number;
  readonly host: string;
  readonly jobId: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly cpuSeconds: number | null;
  readonly peakMemoryMb: number | null;
  /** True when the scheduler, or a person, asked the job to stop while the step was running. */
  readonly wasStopped: boolean;
  /** True when there was no room left at the attempt directory when the step ended. */
  readonly diskWasFull: boolean;
  /** Ordered by path. */
  readonly files: readonly ResultFile[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * The record in the text of a `result.json`.
 *
 * Tolerant of nothing: a text that is cut off, has a member of the wrong type or names a file outside the output
 * directory, or the same file twice, is refused as a whole.
 *
 * @throws DomainError `result.invalid`
 */
export function parseResultRecord(text: string): ResultRecord {
  const record = objectOf(parseJson(text), 'the record');
  if (record['contract_version'] !== CONTRACT_VERSION)
    throw invalid(`contract_version is not ${CONTRACT_VERSION}`);
  const { files, unnameable } = readFiles(listOf(record, 'files'));
  return {
    token: textOf(record, 'token'),
    runId: integerOf(record, 'run_id', 1),
    attempt: integerOf(record, 'attempt', 1),
    exitCode: integerOf(record, 'exit_code', 0),
    host: textOf(record, 'host'),
    jobId: record['job_id'] === null ? null : textOf(record, 'job_id'),
    startedAt: timeOf(record, 'started_at'),
    endedAt: timeOf(record, 'ended_at'),
    cpuSeconds: measureOf(record, 'cpu_seconds'),
    peakMemoryMb: measureOf(record, 'peak_memory_mb'),
    wasStopped: record['was_stopped'] === true,
    diskWasFull: record['disk_full'] === true,
    files,
    skipped: [
      ...unnameable,
      ...readSkipped(record['skipped'] === undefined ? [] : listOf(record, 'skipped')),
    ],
  };
}

function readFiles(entries: readonly Json[]): { files: ResultFile[]; unnameable: SkippedEntry[] } {
  const files = new Map<string, ResultFile>();
  const unnameable: SkippedEntry[] = [];
  for (const entry of entries) {
    const file = objectOf(entry, 'a file');
    const name = nameOf(file);
    if (!name.isUtf8) {
      unnameable.push({ path: name.path, reason: 'unnameable' });
      continue;
    }
    if (!isSafeRelativePath(name.path))
      throw invalid(`${JSON.stringify(name.path)} is not a path inside the output directory`);
    if (files.has(name.path)) throw invalid(`${JSON.stringify(name.path)} is there twice`);
    files.set(name.path, {
      path: name.path,
      sizeBytes: integerOf(file, 'size_bytes', 0),
      modifiedAt: new Date(integerOf(file, 'mtime', -MAX_EPOCH_SECONDS, MAX_EPOCH_SECONDS) * 1000),
      sha256: hashOf(file),
    });
  }
  return { files: [...files.values()].sort((left, right) => (left.path < right.path ? -1 : 1)), unnameable };
}

const readSkipped = (entries: readonly Json[]): SkippedEntry[] =>
  entries.map((entry) => {
    const skipped = objectOf(entry, 'a skipped entry');
    const reason = SKIP_REASONS.find((known) => known === skipped['reason']);
    if (reason === undefined) throw invalid('a skipped entry has no known reason');
    return { path: nameOf(skipped).path, reason };
  });

/** The last second that a JavaScript date can hold. */
const MAX_EPOCH_SECONDS = 8_640_000_000_000;

/** A name is text when it is harmless, and base64 of its bytes otherwise; bytes that are not UTF-8 become U+FFFD. */
function nameOf(entry: JsonObject): { path: string; isUtf8: boolean } {
  const { path, path_base64: encoded } = entry;
  if (typeof path === 'string' && encoded === undefined) return { path, isUtf8: true };
  if (path !== undefined || typeof encoded !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    throw invalid('an entry has neither a path nor a path_base64');
  }
  const bytes = Uint8Array.from(atob64(encoded));
  try {
    return { path: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    return { path: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isUtf8: false };
  }
}

function atob64(encoded: string): number[] {
  try {
    return [...atob(encoded)].map((character) => character.charCodeAt(0));
  } catch {
    throw invalid('a path_base64 is not base64');
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function objectOf(value: Json, what: string): JsonObject {
  if (!isJsonObject(value)) throw invalid(`${what} is not an object`);
  return value;
}

function listOf(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  if (!Array.isArray(value)) throw invalid(`${key} is not a list`);
  return value as readonly Json[];
}

function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string' || value === '') throw invalid(`${key} is not a text`);
  return value;
}

function integerOf(object: JsonObject, key: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw invalid(`${key} is not a whole number in its range`);
  return value;
}

function measureOf(object: JsonObject, key: string): number | null {
  const value = object[key];
  if (value === null) return null;
  if (typeof value !== 'number' || !(value >= 0)) throw invalid(`${key} is neither a measurement nor null`);
  return value;
}

function timeOf(object: JsonObject, key: string): Date {
  const text = textOf(object, key);
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) || Number.isNaN(time.getTime()))
    throw invalid(`${key} is not a UTC time`);
  return time;
}

function hashOf(object: JsonObject): string {
  const hash = textOf(object, 'sha256');
  if (!/^[0-9a-f]{64}$/.test(hash)) throw invalid('a sha256 is not 64 hexadecimal digits');
  return hash;
}

const invalid = (why: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'result.invalid',
    message: `The job's record cannot be used: ${why}.`,
    action: 'Look at the attempt directory; the run can be retried.',
  });
