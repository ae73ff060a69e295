import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface CancelWaitingRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  readonly limit: number;
}

/**
 * Cancels up to `limit` runs that were asked to stop before anything was submitted for them: PENDING, and STAGING_DATA unless
 * another manager is at work on it (that one will not submit it, and cancels it itself). Returns how many.
 */
export const cancelWaitingRuns = async (
  manager: EntityManager,
  request: CancelWaitingRequest,
): Promise<number> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH unwanted AS (
      SELECT id
      FROM run
      WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL
        AND (status = 'PENDING' OR (status = 'STAGING_DATA'
             AND (lease_expires_at IS NULL OR lease_expires_at < now() OR lease_owner = ${request.leaseOwner})))
      ORDER BY id
      LIMIT ${request.limit}
      FOR UPDATE SKIP LOCKED
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
