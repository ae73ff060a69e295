import type { FailureClass, Resources } from '@meridian/core';
import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface RunRetry {
  readonly runId: number;
  readonly failureClass: FailureClass;
  readonly delaySeconds: number;
  readonly resources: Resources;
}

/**
 * Sends FAILED runs back to PENDING with what their next attempt asks for; runs in another status are left alone.
 *
 * Called by `failRuns` in the transaction that failed them: nobody ever sees the run finished in between.
 * `failure_count` stays, because the retry budget counts it.
 */
export async function retryRuns(
  manager: EntityManager,
  { actor, retries }: { actor: string; retries: readonly RunRetry[] },
): Promise<number> {
  if (retries.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    UPDATE run
    SET status = 'PENDING', finished_at = NULL, failure_class = NULL, failure_reason = NULL,
        not_before = now() + make_interval(secs => retry.delay_seconds),
        cpus = retry.cpus, memory_mb = retry.memory_mb, walltime_minutes = retry.walltime_minutes,
        changed_at = now(), moved_by = ${actor}::text,
        moved_why = format('retry %s after %s', run.failure_count, retry.failure_class)
    FROM unnest(
      ${retries.map((retry) => retry.runId)}::bigint[],
      ${retries.map((retry) => retry.failureClass)}::text[],
      ${retries.map((retry) => retry.delaySeconds)}::double precision[],
      ${retries.map((retry) => retry.resources.cpus)}::integer[],
      ${retries.map((retry) => retry.resources.memoryMb)}::integer[],
      ${retries.map((retry) => retry.resources.walltimeMinutes)}::integer[]
    ) AS retry (run_id, failure_class, delay_seconds, cpus, memory_mb, walltime_minutes)
    WHERE run.id = retry.run_id AND run.status = 'FAILED'
    RETURNING run.id
  `,
  );
  return rows.length;
}
