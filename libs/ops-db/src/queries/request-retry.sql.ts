import { sql, type Resources } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface RetryRequest {
  readonly runId: number;
  readonly actor: string;
  readonly resources: { readonly [Name in keyof Resources]: number | null };
}

/**
 * FAILED → PENDING because a person says so: the retry budget starts anew, with other resources where they are given.
 *
 * Returns undefined, and changes nothing, when the run is not FAILED, or when its sub-group has a newer run.
 */
export const requestRetry = (
  manager: EntityManager,
  { runId, actor, resources }: RetryRequest,
): Promise<{ id: number } | undefined> =>
  queryRow(
    manager,
    sql`
    UPDATE run
    SET status = 'PENDING', finished_at = NULL, failure_class = NULL, failure_reason = NULL, failure_count = 0,
        cancel_requested_at = NULL, cancel_requested_by = NULL, cancel_reason = NULL, waiting_reason = NULL, not_before = now(),
        cpus = coalesce(${resources.cpus}::integer, cpus), memory_mb = coalesce(${resources.memoryMb}::integer, memory_mb),
        walltime_minutes = coalesce(${resources.walltimeMinutes}::integer, walltime_minutes),
        changed_at = now(), moved_by = ${actor}, moved_why = 'retry asked for'
    WHERE id = ${runId} AND status = 'FAILED'
      AND NOT EXISTS (SELECT FROM run newer WHERE newer.sub_group_id = run.sub_group_id AND newer.id > run.id AND newer.remakes_run_id IS NULL)
    RETURNING id
  `,
  );
