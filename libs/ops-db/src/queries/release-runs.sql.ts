import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface RunRelease {
  readonly runId: number;
  readonly reason: string;
  readonly delaySeconds: number;
}

export interface ReleaseRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  readonly releases: readonly RunRelease[];
}

/**
 * STAGING_DATA → PENDING for runs that this owner cannot stage now through no fault of theirs; each says what it waits for.
 *
 * It is no failure and uses up no retry. Runs that are not this owner's any more are left alone.
 */
export const releaseRuns = async (manager: EntityManager, request: ReleaseRequest): Promise<number[]> => {
  if (request.releases.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH released AS (
      SELECT run.id, given.reason, given.delay_seconds
      FROM unnest(
        ${request.releases.map((release) => release.runId)}::bigint[],
        ${request.releases.map((release) => release.reason)}::text[],
        ${request.releases.map((release) => release.delaySeconds)}::double precision[]
      ) AS given (run_id, reason, delay_seconds)
      JOIN run ON run.id = given.run_id
      WHERE run.status = 'STAGING_DATA' AND run.lease_owner = ${request.leaseOwner}
      ORDER BY run.id
      FOR UPDATE OF run
    )
    UPDATE run
    SET status = 'PENDING', lease_owner = NULL, lease_expires_at = NULL, waiting_reason = nullif(released.reason, ''),
        not_before = now() + make_interval(secs => released.delay_seconds),
        changed_at = now(), moved_by = ${request.actor}::text, moved_why = released.reason
    FROM released
    WHERE run.id = released.id
    RETURNING run.id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
