import { DEFAULT_RETENTION, rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

/** An attempt that left something which nobody wants any more. */
export interface AttemptToClear {
  readonly runId: number;
  readonly number: number;
  /** Below the base of its location. */
  readonly directory: string;
  /** Its outputs are the run's products: only what was staged for it goes. */
  readonly isResult: boolean;
  readonly location: HeldLocation;
}

/** Where a look at the ended attempts, oldest first, has come to. */
export interface AttemptCursor {
  readonly endedAt: string;
  readonly runId: number;
  readonly number: number;
}

export interface AttemptsToClear {
  readonly attempts: readonly AttemptToClear[];
  /** Null when these were the last. */
  readonly next: AttemptCursor | null;
}

export interface ClearClaim {
  readonly owner: string;
  readonly leaseSeconds: number;
  readonly after: AttemptCursor | null;
  /** Ended attempts that are looked at. */
  readonly limit: number;
}

const FINISHED = rawSql(`('COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED', 'CANCELLED')`);

/**
 * Looks at the next `limit` attempts that ended and were not cleared, and takes those under a lease whose time is over: `failed_attempt_days` of
 * their step after their end, once their run is finished or at a later attempt. One whose holder died is taken again when the lease has run out.
 *
 * LIMIT 1 keeps a look-up a look-up: as a join it may be answered by a look at every run there is.
 */
export const claimAttemptsToClear = async (
  manager: EntityManager,
  { owner, leaseSeconds, after, limit }: ClearClaim,
): Promise<AttemptsToClear> => {
  const row = await queryRow<{ attempts: AttemptToClear[]; next: AttemptCursor | null }>(
    manager,
    sql`
    WITH looked_at AS MATERIALIZED (
      SELECT run_id, number, ended_at FROM attempt
      WHERE cleared_at IS NULL AND ended_at IS NOT NULL
        AND (ended_at, run_id, number) > (${after?.endedAt ?? '-infinity'}::timestamptz, ${after?.runId ?? 0}::bigint, ${after?.number ?? 0}::integer)
      ORDER BY ended_at, run_id, number LIMIT ${limit}
    ), due AS MATERIALIZED (
      SELECT looked_at.run_id, looked_at.number, run.location_id, looked_at.number = run.attempt AND run.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS')
          OR (SELECT true FROM data_product made WHERE made.run_id = looked_at.run_id AND made.attempt = looked_at.number LIMIT 1) IS TRUE AS is_result
      FROM looked_at CROSS JOIN LATERAL (SELECT * FROM run WHERE run.id = looked_at.run_id LIMIT 1) run
      JOIN reduction_step step ON step.id = run.step_id JOIN data_location location ON location.id = run.location_id
      WHERE (run.status IN ${FINISHED} OR looked_at.number < run.attempt) AND location.purge_paused_at IS NULL
        AND looked_at.ended_at <= now() - make_interval(days => coalesce((step.retention ->> 'failed_attempt_days')::integer, ${DEFAULT_RETENTION.failedAttemptDays}::integer))
    ), claimed AS (
      UPDATE attempt SET clearing_owner = ${owner}, clearing_until = now() + make_interval(secs => ${leaseSeconds}::double precision)
      FROM due JOIN data_location location ON location.id = due.location_id
      WHERE attempt.run_id = due.run_id AND attempt.number = due.number AND attempt.cleared_at IS NULL
        AND (attempt.clearing_until IS NULL OR attempt.clearing_until <= now())
      RETURNING jsonb_build_object('runId', attempt.run_id, 'number', attempt.number, 'directory', attempt.directory, 'isResult', due.is_result,
        'location', ${HELD_LOCATION}) AS attempt
    )
    SELECT coalesce((SELECT jsonb_agg(attempt) FROM claimed), '[]') AS attempts,
      (SELECT jsonb_build_object('endedAt', ended_at::text, 'runId', run_id, 'number', number) FROM looked_at
       WHERE (SELECT count(*) FROM looked_at) = ${limit} ORDER BY ended_at DESC, run_id DESC, number DESC LIMIT 1) AS next`,
  );
  return row ?? { attempts: [], next: null };
};
