import { parseToolJson } from '../output/tool-json.js';
import { safeText } from '../run/failure-reason.js';
import { canonicalInstant } from '../filter/instant.js';
import { isJsonObject, type JsonScalar } from '../shared/json.js';
import { itemMeant, type KnownItems } from './known-items.js';
import type { ResultColumn, ResultTable } from './result-table.js';

/** A row as the database takes it: a whole number beyond 2^53 is a text of digits. */
export interface ResultRow {
  /** The input that it is about; null in a table whose rows are of sub-groups. */
  readonly itemId: number | null;
  /** In the order of the table's columns. */
  readonly values: readonly JsonScalar[];
  /** Some bit of some column of flags is set. */
  readonly isFlagged: boolean;
}

export type RowReading =
  | { readonly ok: true; readonly row: ResultRow }
  /** `itemId` where the line at least says what it is about. */
  | { readonly ok: false; readonly reason: string; readonly itemId: number | null };

const MAX_REASONS = 3;

/**
 * One line of `results/<table>.ndjson`: an object of column → value, and `item`, the id of an input or its name, where rows are of items.
 * Never throws. An absent value is null; NaN and Infinity, as Python writes them, are null as well.
 */
export function readRow(table: ResultTable, line: string, items: KnownItems): RowReading {
  const json = parseToolJson(line);
  if (!json.ok) return refused(null, [`is not JSON: ${json.reason}`]);
  if (!isJsonObject(json.value)) return refused(null, ['is not an object']);
  const { item, ...given } = json.value;
  const itemId = table.rows_of === 'item' ? itemMeant(item, items) : null;
  const problems: string[] = [];
  if (table.rows_of === 'item' && itemId === null)
    problems.push(
      item === undefined ? 'names no item' : `names the item ${quoted(item)}, which the run was not given`,
    );
  if (table.rows_of === 'sub_group' && item !== undefined)
    problems.push('names an item, but its rows are of sub-groups');
  const known = new Set(table.columns.map(({ name }) => name));
  problems.push(
    ...Object.keys(given).flatMap((name) => (known.has(name) ? [] : [`has no column ${quoted(name)}`])),
  );
  const values = table.columns.map((column) => {
    const value = readValue(column, given[column.name]);
    if ('problem' in value) problems.push(`${column.name} ${value.problem}`);
    return 'problem' in value ? null : value.value;
  });
  if (problems.length > 0) return refused(itemId, problems);
  const isFlagged = table.columns.some(
    ({ type }, index) => type === 'flags' && values[index] !== 0 && values[index] !== null,
  );
  return { ok: true, row: { itemId, values, isFlagged } };
}

function refused(itemId: number | null, problems: readonly string[]): RowReading {
  const more = problems.length > MAX_REASONS ? `, and ${problems.length - MAX_REASONS} more` : '';
  return { ok: false, itemId, reason: safeText(problems.slice(0, MAX_REASONS).join('; ') + more) };
}

type Value = { readonly value: JsonScalar } | { readonly problem: string };

function readValue(column: ResultColumn, given: unknown): Value {
  if (given === undefined || given === null) {
    if (column.nullable) return { value: null };
    return column.type === 'flags' ? { value: 0 } : { problem: 'is missing' };
  }
  return (
    READERS[column.type](given, column) ?? { problem: `is ${quoted(given)}, not ${EXPECTED[column.type]}` }
  );
}

const EXPECTED: Record<ResultColumn['type'], string> = {
  boolean: 'true or false',
  int16: 'a whole number of 16 bits',
  int32: 'a whole number of 32 bits',
  int64: 'a whole number of 64 bits',
  float32: 'a number that fits 32 bits',
  float64: 'a number',
  text: 'a text without NUL',
  timestamp: 'a time in ISO 8601',
  flags: 'a set of its bits',
};

/** Null says that the value is none of the type. */
type Reader = (given: unknown, column: ResultColumn) => Value | null;

/** The smallest one stands for null in FITS. */
const wholeNumber =
  (bits: number): Reader =>
  (given) =>
    typeof given === 'number' &&
    Number.isInteger(given) &&
    given > -(2 ** (bits - 1)) &&
    given < 2 ** (bits - 1)
      ? { value: given }
      : null;

const INT64_DIGITS = /^-?\d{1,19}$/;
const INT64_LIMIT = 2n ** 63n;

const READERS: Record<ResultColumn['type'], Reader> = {
  boolean: (given) => (typeof given === 'boolean' ? { value: given } : null),
  int16: wholeNumber(16),
  int32: wholeNumber(32),
  int64: (given) => {
    if (typeof given === 'number') return Number.isSafeInteger(given) ? { value: given } : null;
    // JSON's own numbers end at 2^53 in most programs: larger ones come as text.
    if (typeof given !== 'string' || !INT64_DIGITS.test(given)) return null;
    const value = BigInt(given);
    return value > -INT64_LIMIT && value < INT64_LIMIT ? { value: String(value) } : null;
  },
  float32: (given) =>
    typeof given === 'number' && Number.isFinite(Math.fround(given)) ? { value: given } : null,
  float64: (given) => (typeof given === 'number' && Number.isFinite(given) ? { value: given } : null),
  text: (given) =>
    typeof given === 'string' && !given.includes('\u0000') && isWellFormed(given) ? { value: given } : null,
  timestamp: (given) => {
    const instant = typeof given === 'string' ? canonicalInstant(given) : null;
    return instant === null ? null : { value: instant };
  },
  flags: readFlags,
};

/** Half a surrogate pair cannot be stored. */
const isWellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text);

/** A number of which only declared bits are set, or the names of those that are. */
function readFlags(given: unknown, { bits }: ResultColumn): Value | null {
  if (Array.isArray(given)) {
    const named = given.map((name: unknown) => bits.find((bit) => bit.name === name));
    const unknown = given.findIndex((_, index) => named[index] === undefined);
    if (unknown >= 0) return { problem: `names the flag ${quoted(given[unknown])}, which it has not` };
    return { value: named.reduce((sum, bit) => sum | (1 << (bit?.bit ?? 0)), 0) };
  }
  const all = bits.reduce((sum, { bit }) => sum | (1 << bit), 0);
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 0 || given >= 2 ** 31) return null;
  return (given & ~all) === 0
    ? { value: given }
    : { problem: `is ${given}, which sets bits that it has not` };
}

const MAX_QUOTED = 60;
const quoted = (value: unknown): string => safeText(JSON.stringify(value) ?? 'nothing', MAX_QUOTED);
