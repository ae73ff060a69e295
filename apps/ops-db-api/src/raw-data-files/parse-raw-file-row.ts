import {
  canonicalInstant,
  isJsonObject,
  isSafeRelativePath,
  type Dims,
  type JsonObject,
  type Problem,
} from '@meridian/core';
import { parseDims, textProblem } from './parse-dims.js';

/** A row of an ingest request that is right in itself; its references are not looked up yet. */
export interface RawFileRow {
  readonly externalId: string;
  readonly name: string;
  readonly location: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly obsTime: string | null;
  readonly obsTimeEnd: string | null;
  readonly raDeg: number | null;
  readonly decDeg: number | null;
  readonly metadata: JsonObject | null;
  readonly dims: Dims;
  readonly executedObsUnitId: string | null;
  readonly instrumentModule: string | null;
  readonly packageExternalId: string | null;
}

const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// A zone is required: a local time without one has been the wrong day more than once.
const HAS_ZONE = /T.*(Z|[+-]\d\d(:?\d\d)?)$/;
// An index entry of PostgreSQL holds 2,704 bytes at most, and both are indexed.
const MAX_INDEXED_BYTES = 2048;

type Check = (value: unknown) => string | null;

const range =
  (from: number, to: number, includesTo: boolean): Check =>
  (value) =>
    typeof value === 'number' && value >= from && (includesTo ? value <= to : value < to)
      ? null
      : `must be a number from ${from} to ${includesTo ? '' : 'less than '}${to}`;
const matching =
  (pattern: RegExp, message: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? null : message;
const filled: Check = (value) => (value === '' ? 'must not be empty' : textProblem(value));
const indexed: Check = (value) =>
  filled(value) ??
  (Buffer.byteLength(value as string) > MAX_INDEXED_BYTES
    ? `must have at most ${MAX_INDEXED_BYTES} bytes`
    : null);
const instant: Check = (value) =>
  typeof value === 'string' && HAS_ZONE.test(value) && canonicalInstant(value) !== null
    ? null
    : 'must be an ISO 8601 time with its zone, such as 2026-05-01T12:00:00Z';

const REQUIRED: Readonly<Record<string, Check>> = {
  name: filled,
  location: filled,
  path: (value) =>
    indexed(value) ??
    (isSafeRelativePath(value as string) ? null : 'must be a relative path without "." and ".." parts'),
  size_bytes: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0
      ? null
      : 'must be a whole number of bytes, at least 0',
  sha256: matching(SHA256, 'must be 64 lower-case hexadecimal digits'),
};
const OPTIONAL: Readonly<Record<string, Check>> = {
  obs_time: instant,
  obs_time_end: instant,
  ra_deg: range(0, 360, false),
  dec_deg: range(-90, 90, true),
  metadata: (value) => (isJsonObject(value) ? null : 'must be an object'),
  external_id: indexed,
  executed_obs_unit_id: matching(UUID, 'must be a UUID'),
  instrument_module: matching(/^[^/\0]+\/[^/\0]+$/, 'must be <instrument>/<module>'),
  raw_data_package_external_id: indexed,
};
const KNOWN = new Set([...Object.keys(REQUIRED), ...Object.keys(OPTIONAL), 'dims']);

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** The row in `value`, or null after adding a problem for everything that is wrong with it. `path` is its JSON pointer. */
export function parseRawFileRow(value: unknown, path: string, problems: Problem[]): RawFileRow | null {
  if (!isJsonObject(value)) {
    problems.push({ code: 'field.invalid', path, message: 'must be an object' });
    return null;
  }
  const before = problems.length;
  checkFields(value, path, problems);
  const dims = parseDims(value['dims'], `${path}/dims`, problems);
  return problems.length > before ? null : toRow(value, dims);
}

function checkFields(row: JsonObject, path: string, problems: Problem[]): void {
  const report = (code: string, field: string, message: string): void =>
    void problems.push({ code, path: `${path}/${field}`, message });
  for (const field of Object.keys(row)) {
    if (!KNOWN.has(field)) report('field.unknown', field, `${field} is not a field of a raw data file`);
  }
  for (const [field, check] of Object.entries(REQUIRED)) {
    const message = row[field] === undefined ? `${field} is required` : check(row[field]);
    if (message !== null)
      report(row[field] === undefined ? 'field.required' : 'field.invalid', field, message);
  }
  for (const [field, check] of Object.entries(OPTIONAL)) {
    const message = isAbsent(row[field]) ? null : check(row[field]);
    if (message !== null) report('field.invalid', field, message);
  }
  const start = canonicalOf(row['obs_time']);
  const end = canonicalOf(row['obs_time_end']);
  if (start !== null && end !== null && end < start) {
    report('field.invalid', 'obs_time_end', 'must not be before obs_time');
  }
}

const canonicalOf = (value: unknown): string | null =>
  typeof value === 'string' ? canonicalInstant(value) : null;

/** Only for a row whose fields were all found right. */
function toRow(row: JsonObject, dims: Dims): RawFileRow {
  const text = (field: string): string | null => (row[field] as string | null | undefined) ?? null;
  const number = (field: string): number | null => (row[field] as number | null | undefined) ?? null;
  const location = row['location'] as string;
  const path = row['path'] as string;
  return {
    externalId: text('external_id') ?? `${location}:${path}`,
    name: row['name'] as string,
    location,
    path,
    sizeBytes: row['size_bytes'] as number,
    sha256: row['sha256'] as string,
    obsTime: canonicalOf(row['obs_time']),
    obsTimeEnd: canonicalOf(row['obs_time_end']),
    raDeg: number('ra_deg'),
    decDeg: number('dec_deg'),
    metadata: (row['metadata'] as JsonObject | null | undefined) ?? null,
    dims,
    executedObsUnitId: text('executed_obs_unit_id')?.toLowerCase() ?? null,
    instrumentModule: text('instrument_module'),
    packageExternalId: text('raw_data_package_external_id'),
  };
}
