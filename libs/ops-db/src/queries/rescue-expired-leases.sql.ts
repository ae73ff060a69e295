import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/**
 * STAGING_DATA → PENDING for up to `limit` runs whose manager stopped renewing its lease. Returns how many.
 *
 * Nothing was submitted for them yet, so they simply begin again; what was staged is found and used again. SKIP LOCKED
 * leaves a run alone whose manager is just committing its intent after all.
 */
export const rescueExpiredLeases = async (
  manager: EntityManager,
  request: { actor: string; limit: number },
): Promise<number> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH expired AS (
      SELECT id, lease_owner, lease_expires_at
      FROM run
      WHERE status = 'STAGING_DATA' AND (lease_expires_at IS NULL OR lease_expires_at < now())
      ORDER BY id
      LIMIT ${request.limit}
      FOR UPDATE SKIP LOCKED
    )
    UPDATE run
    SET status = 'PENDING', lease_owner = NULL, lease_expires_at = NULL, changed_at = now(), moved_by = ${request.actor}::text,
        moved_why = format('the lease of %s expired at %s', coalesce(expired.lease_owner, 'nobody'),
                           to_char(expired.lease_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM expired
    WHERE run.id = expired.id
    RETURNING run.id
  `,
  );
  return rows.length;
};
