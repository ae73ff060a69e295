import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { LeaseRequest } from './renew-leases.sql.js';

/**
 * Commits the intent to submit once more under the same token. Returns the runs that may be submitted.
 *
 * `intended_at` starts again, so that a manager that dies now leaves an attempt that looks as young as its newest submission:
 * nobody takes it for lost before that one had its time.
 */
export const recordResubmission = async (
  manager: EntityManager,
  request: LeaseRequest,
): Promise<number[]> => {
  if (request.runIds.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH held AS (
      UPDATE run SET lease_expires_at = now() + make_interval(secs => ${request.leaseSeconds})
      FROM (SELECT id FROM run
            WHERE id = ANY(${request.runIds}::bigint[]) AND status = 'SUBMITTING' AND lease_owner = ${request.leaseOwner}
              AND cancel_requested_at IS NULL
            ORDER BY id FOR UPDATE) AS mine
      WHERE run.id = mine.id
      RETURNING run.id, run.attempt
    )
    UPDATE attempt SET intended_at = now()
    FROM held
    WHERE attempt.run_id = held.id AND attempt.number = held.attempt
    RETURNING attempt.run_id AS id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
