import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ClaimRequest } from './claim-runs.sql.js';

/** An attempt of which nobody knows whether the scheduler has it. */
export interface UnreconciledAttempt {
  readonly runId: number;
  readonly attempt: number;
  readonly token: string;
  /** `<pipeline>/<step>`. */
  readonly label: string;
  readonly locationId: number;
  readonly basePath: string;
  /** Relative to `basePath`. */
  readonly directory: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
  /** Since the last time that somebody was about to submit it, by the database's clock. */
  readonly ageSeconds: number;
  readonly isCancelRequested: boolean;
  readonly failureCount: number;
  readonly retry: Record<string, unknown>;
  readonly maxMemoryMb: number;
  readonly maxWalltimeMinutes: number;
}

/**
 * Leases up to `limit` SUBMITTING runs whose submission nobody is working on any more, oldest first. No status changes.
 *
 * The lease keeps a second manager from reconciling the same attempt at the same time. An attempt whose outcome stays unknown
 * is looked at again when this lease ends.
 */
export const claimUnreconciledAttempts = (
  manager: EntityManager,
  request: Omit<ClaimRequest, 'actor'>,
): Promise<UnreconciledAttempt[]> =>
  queryRows(
    manager,
    sql`
    WITH orphan AS (
      SELECT id
      FROM run
      WHERE status = 'SUBMITTING' AND location_id = ANY(${request.locationIds}::bigint[])
        AND (lease_expires_at IS NULL OR lease_expires_at < now())
      ORDER BY id
      LIMIT ${request.limit}
      FOR UPDATE SKIP LOCKED
    )
    UPDATE run
    SET lease_owner = ${request.leaseOwner}::text, lease_expires_at = now() + make_interval(secs => ${request.leaseSeconds})
    FROM orphan, attempt, data_location location, reduction_step step, pipeline
    WHERE run.id = orphan.id AND attempt.run_id = run.id AND attempt.number = run.attempt
      AND location.id = run.location_id AND step.id = run.step_id
      AND pipeline.id = run.pipeline_id
    RETURNING run.id AS "runId", attempt.number AS attempt, attempt.token, pipeline.name || '/' || step.name AS label,
      run.location_id AS "locationId",
      location.base_path AS "basePath", attempt.directory, attempt.cpus, attempt.memory_mb AS "memoryMb",
      attempt.walltime_minutes AS "walltimeMinutes",
      extract(epoch FROM now() - attempt.intended_at)::double precision AS "ageSeconds",
      run.cancel_requested_at IS NOT NULL AS "isCancelRequested", run.failure_count AS "failureCount", step.retry,
      step.max_memory_mb AS "maxMemoryMb", step.max_walltime_minutes AS "maxWalltimeMinutes"
  `,
  );
