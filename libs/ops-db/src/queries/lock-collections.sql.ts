import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface LockCollectionsRequest {
  readonly leaseOwner: string;
  readonly runs: readonly { readonly runId: number; readonly attempt: number }[];
}

/** Locks those of the runs that `leaseOwner` still collects, in the order of their ids, until the transaction ends. */
export async function lockCollections(
  manager: EntityManager,
  { leaseOwner, runs }: LockCollectionsRequest,
): Promise<number[]> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    SELECT run.id
    FROM run JOIN unnest(${runs.map((run) => run.runId)}::bigint[], ${runs.map((run) => run.attempt)}::integer[]) AS wanted (run_id, attempt)
      ON wanted.run_id = run.id AND wanted.attempt = run.attempt
    WHERE run.status = 'COLLECTING_RESULTS' AND run.lease_owner = ${leaseOwner}
    ORDER BY run.id
    FOR NO KEY UPDATE OF run
  `,
  );
  return rows.map((row) => row.id);
}
