import { at, listAt, positiveAt, wordsAt } from './json-reading.js';

/** One line of `/jobs/state/`: `123`, or `123_4` for a task; what the first number means differs (see `StateNaming`). */
export interface StateRow {
  readonly record: number;
  readonly index: number | null;
  readonly states: readonly string[];
}

/**
 * Whose id stands before the `_` of a task: its array's in v0.0.40, its own in all later ones (24.11 and 26.05 both).
 *
 * `9_7` is then task 7 of an array that is not told; only of tasks that have not started, and of the one that started last, is it the
 * array's id as well.
 */
export type StateNaming = 'by_array' | 'by_record';

/** `jobs` of `/jobs/state/`; null when it is no such list. */
export function readStateRows(body: unknown): StateRow[] | null {
  return listAt(body, 'jobs')?.flatMap(readStateRow) ?? null;
}

function readStateRow(row: unknown): StateRow[] {
  const states = wordsAt(row, 'state');
  const id = at(row, 'job_id');
  const [, record, index] = /^([1-9]\d{0,9})(?:_(\d{1,9}))?$/.exec(typeof id === 'string' ? id : '') ?? [];
  const number = record === undefined ? positiveAt(row, 'job_id') : Number(record);
  if (states === null || number === null) return [];
  return [{ record: number, index: index === undefined ? null : Number(index), states }];
}
