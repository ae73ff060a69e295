import type { Problem } from '@meridian/core';
import type { CopyRecord, CopyStatus, KnownRawFile, RawFileRecord } from '@meridian/ops-db';

export const INGEST_OUTCOMES = ['registered', 'changed', 'unchanged'] as const;
export type IngestOutcome = (typeof INGEST_OUTCOMES)[number];

/** A resolved record and where it came from. */
export interface IngestRow {
  /** Index in the request. */
  readonly row: number;
  readonly record: RawFileRecord;
}

export interface PlannedRow extends IngestRow {
  readonly outcome: IngestOutcome;
  /** Null for a new file, whose id is not made yet. */
  readonly itemId: number | null;
  readonly addsCopy: boolean;
  /** A known file without a package becomes a member of one. */
  readonly joinsPackage: boolean;
}

/** What an ingest request does: empty lists are statements that need not run. */
export interface IngestPlan {
  readonly rows: readonly PlannedRow[];
  readonly inserts: readonly RawFileRecord[];
  readonly replacements: readonly RawFileRecord[];
  readonly attachments: readonly RawFileRecord[];
  readonly copies: readonly CopyRecord[];
  readonly problems: readonly Problem[];
}

/** Statuses in which a copy cannot be read; a file that is ingested there again is there again. */
const GONE: ReadonlySet<CopyStatus> = new Set(['DELETED', 'DELETION_FAILED', 'MISSING', 'CORRUPT']);

/**
 * Decides what each row means: a new file, new content of a known one, another copy, or nothing.
 *
 * A file is known by its external id; the same sha256 again is no change. `known` has its `index` into `rows`.
 */
export function planIngest(
  rows: readonly IngestRow[],
  known: readonly KnownRawFile[],
  pointerOf: (row: number) => string,
): IngestPlan {
  const knownAt = new Map(known.map((one) => [one.index, one]));
  const problems: Problem[] = [];
  const planned = rows.flatMap((one, index) => {
    const found = knownAt.get(index);
    const problem = found === undefined ? null : contradiction(one, found, pointerOf(one.row));
    if (problem !== null) {
      problems.push(problem);
      return [];
    }
    return [planRow(one, found)];
  });
  return {
    rows: planned,
    problems,
    inserts: planned.filter((one) => one.outcome === 'registered').map((one) => one.record),
    replacements: planned.filter((one) => one.outcome === 'changed').map((one) => one.record),
    attachments: planned.filter((one) => one.joinsPackage).map((one) => one.record),
    copies: planned.flatMap((one) =>
      one.addsCopy && one.itemId !== null
        ? [{ itemId: one.itemId, locationId: one.record.locationId, path: one.record.path }]
        : [],
    ),
  };
}

/** What makes a row impossible, given what is registered: its place or its file belongs to something else. */
function contradiction({ record }: IngestRow, found: KnownRawFile, path: string): Problem | null {
  if (found.copyItemId !== null && found.copyItemId !== found.itemId) {
    const message = `another file is registered at this place (item ${found.copyItemId})`;
    return { code: 'raw_data_file.path_taken', path: `${path}/path`, message };
  }
  if (found.packageId !== null && record.packageId !== null && found.packageId !== record.packageId) {
    const message = `the file belongs to another package (item ${found.packageId})`;
    return {
      code: 'raw_data_file.in_another_package',
      path: `${path}/raw_data_package_external_id`,
      message,
    };
  }
  return null;
}

function planRow(one: IngestRow, found: KnownRawFile | undefined): PlannedRow {
  if (found?.itemId == null)
    return { ...one, outcome: 'registered', itemId: null, addsCopy: true, joinsPackage: false };
  const isSame = found.contentHash === one.record.contentHash && !found.isRetired;
  return {
    ...one,
    outcome: isSame ? 'unchanged' : 'changed',
    itemId: found.itemId,
    addsCopy: found.copyStatus === null || GONE.has(found.copyStatus),
    joinsPackage: isSame && found.packageId === null && one.record.packageId !== null,
  };
}

/** The rows without those that repeat the external id or the place of an earlier one, and a problem for each of these. */
export function refuseRepetitions(
  rows: readonly IngestRow[],
  pointerOf: (row: number) => string,
): { readonly kept: readonly IngestRow[]; readonly problems: readonly Problem[] } {
  const firstWith = new Map<string, number>();
  const problems: Problem[] = [];
  const kept = rows.filter(({ row, record }) => {
    const keys = [`id ${record.externalId}`, `place ${record.locationId} ${record.path}`];
    const repeated = keys.map((key) => firstWith.get(key)).find((first) => first !== undefined);
    if (repeated === undefined) for (const key of keys) firstWith.set(key, row);
    else {
      const message = `has the external id or the place of row ${repeated}`;
      problems.push({ code: 'raw_data_file.repeated', path: pointerOf(row), message });
    }
    return repeated === undefined;
  });
  return { kept, problems };
}
