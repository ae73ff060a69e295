import type { StateRow } from './state-rows.js';

/**
 * Which array a task belongs to, where the state list writes the task's own id before the `_`.
 *
 * A list cannot tell, but a list of one array can: all in it are its tasks. Tasks leave an array's record when they start (or are
 * cancelled), so only arrays whose record lost some since the last look are asked about, and each task is told apart once.
 */
export class ArrayOwners {
  private owners = new Map<number, number>();
  private waiting = new Map<number, number>();

  /** Of the wanted arrays those that may own a row of this list that is not known yet. */
  unsettled(rows: readonly StateRow[], wanted: ReadonlySet<number>): number[] {
    const unknown = rows.filter(
      ({ record, index }) => index !== null && this.ownerOf(record, wanted) === null,
    );
    if (unknown.length === 0) return [];
    const newest = Math.max(...unknown.map(({ record }) => record));
    const singles = new Set(rows.filter(({ index }) => index === null).map(({ record }) => record));
    const left = countWaiting(rows);
    // Ids only grow: a task's own is above its array's.
    return [...wanted].filter(
      (array) => array < newest && !singles.has(array) && this.waiting.get(array) !== (left.get(array) ?? 0),
    );
  }

  /** All rows of one array. */
  learn(array: number, rows: readonly StateRow[]): void {
    for (const { record } of rows) this.owners.set(record, array);
    this.waiting.set(array, countWaiting(rows).get(array) ?? 0);
  }

  /** The array whose task has this record; null when it is none of the wanted. */
  ownerOf(record: number, wanted: ReadonlySet<number>): number | null {
    if (wanted.has(record)) return record;
    const owner = this.owners.get(record);
    return owner !== undefined && wanted.has(owner) ? owner : null;
  }

  /** Drops what is no longer in the queue or no longer wanted. */
  keepOnly(rows: readonly StateRow[], wanted: ReadonlySet<number>): void {
    const records = new Set(rows.map(({ record }) => record));
    this.owners = new Map([...this.owners].filter(([record]) => records.has(record)));
    this.waiting = new Map([...this.waiting].filter(([array]) => wanted.has(array)));
  }
}

/** Tasks that wait in their array's own record. A task that was requeued waits in one of its own, which only adds an entry. */
function countWaiting(rows: readonly StateRow[]): Map<number, number> {
  const left = new Map<number, number>();
  for (const { record, index, states } of rows)
    if (index !== null && states.includes('PENDING')) left.set(record, (left.get(record) ?? 0) + 1);
  return left;
}
