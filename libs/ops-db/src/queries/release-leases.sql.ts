import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface LeaseRelease {
  readonly leaseOwner: string;
  readonly runs: readonly {
    readonly runId: number;
    readonly waitingReason: string;
    readonly retrySeconds: number;
  }[];
}

/**
 * Says of SUBMITTING runs what they wait for, and lets anybody look again after `retrySeconds`. No status changes.
 *
 * The lease stays in the owner's name until then: an outcome that is unknown now is seldom known a moment later.
 */
export const releaseLeases = async (manager: EntityManager, request: LeaseRelease): Promise<void> => {
  if (request.runs.length === 0) return;
  await queryRows(
    manager,
    sql`
    UPDATE run
    SET lease_expires_at = now() + make_interval(secs => held.retry_seconds), waiting_reason = held.waiting_reason
    FROM (
      SELECT run.id, given.waiting_reason, given.retry_seconds
      FROM unnest(
        ${request.runs.map((run) => run.runId)}::bigint[],
        ${request.runs.map((run) => run.waitingReason)}::text[],
        ${request.runs.map((run) => run.retrySeconds)}::double precision[]
      ) AS given (run_id, waiting_reason, retry_seconds)
      JOIN run ON run.id = given.run_id
      WHERE run.status = 'SUBMITTING' AND run.lease_owner = ${request.leaseOwner}
      ORDER BY run.id
      FOR UPDATE OF run
    ) AS held
    WHERE run.id = held.id
    RETURNING run.id
  `,
  );
};
