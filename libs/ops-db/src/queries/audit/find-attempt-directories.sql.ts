import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface NamedAttempt {
  readonly runId: number;
  readonly attempt: number;
  /** Relative to the base of the location. */
  readonly directory: string;
}

/** Which of these directories, whose names say so, are attempts of runs of a location. */
export async function findAttemptDirectories(
  manager: EntityManager,
  { locationId, named }: { locationId: number; named: readonly NamedAttempt[] },
): Promise<ReadonlySet<string>> {
  if (named.length === 0) return new Set();
  const rows = await queryRows<{ directory: string }>(
    manager,
    sql`
    SELECT attempt.directory
    FROM unnest(${named.map(({ runId }) => runId)}::bigint[], ${named.map(({ attempt }) => attempt)}::integer[], ${named.map(({ directory }) => directory)}::text[])
      AS named (run_id, number, directory)
    JOIN attempt USING (run_id, number, directory) JOIN run ON run.id = attempt.run_id AND run.location_id = ${locationId}`,
  );
  return new Set(rows.map(({ directory }) => directory));
}
