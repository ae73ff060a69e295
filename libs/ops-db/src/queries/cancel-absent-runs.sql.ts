import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface CancelAbsentRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  /** Runs whose submission the scheduler provably never had. */
  readonly runIds: readonly number[];
}

/** SUBMITTING → CANCELLED for runs that were asked to stop and provably have no job; their attempt ends with it. Returns how many. */
export const cancelAbsentRuns = async (
  manager: EntityManager,
  request: CancelAbsentRequest,
): Promise<number> => {
  if (request.runIds.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH unwanted AS (
      SELECT id, attempt
      FROM run
      WHERE id = ANY(${request.runIds}::bigint[]) AND status = 'SUBMITTING' AND lease_owner = ${request.leaseOwner}
        AND cancel_requested_at IS NOT NULL
      ORDER BY id
      FOR UPDATE
    ), ended_attempt AS (
      UPDATE attempt SET ended_at = now(), reason = 'cancelled before the scheduler had it'
      FROM unwanted
      WHERE attempt.run_id = unwanted.id AND attempt.number = unwanted.attempt
    )
    UPDATE run
    SET status = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL, waiting_reason = NULL,
        changed_at = now(), moved_by = ${request.actor}::text,
        moved_why = format('cancelled by %s%s', coalesce(run.cancel_requested_by, 'unknown'), coalesce(': ' || run.cancel_reason, ''))
    FROM unwanted
    WHERE run.id = unwanted.id
    RETURNING run.id
  `,
  );
  return rows.length;
};
