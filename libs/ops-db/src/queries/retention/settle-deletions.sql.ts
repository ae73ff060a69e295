import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * The bytes of these copies are gone: notes it with the copies, in the ledger and in the sums of the purge that decided it, all or nothing. A copy
 * that was settled already is left alone. Returns how many.
 */
export const settleDeletions = async (
  manager: EntityManager,
  copyIds: readonly number[],
): Promise<number> => {
  if (copyIds.length === 0) return 0;
  const rows = await queryRows(
    manager,
    sql`
    WITH gone AS (
      UPDATE physical_copy SET status = 'DELETED' WHERE id = ANY(${copyIds}::bigint[]) AND status = 'DELETION_IN_PROGRESS' RETURNING id
    ), settled AS (
      UPDATE purge_decision SET deleted_at = now() FROM gone
      WHERE copy_id = gone.id AND action = 'delete' AND deleted_at IS NULL RETURNING purge_id, reason, bytes
    ), forgotten AS (
      DELETE FROM purge_decision USING gone WHERE copy_id = gone.id AND action = 'keep'
    ), summed AS (
      INSERT INTO purge_sum AS sum (purge_id, action, reason, files, bytes)
      SELECT purge_id, 'delete', reason, count(*), sum(bytes) FROM settled GROUP BY purge_id, reason
      ON CONFLICT (purge_id, action, reason) DO UPDATE SET files = sum.files + excluded.files, bytes = sum.bytes + excluded.bytes
    )
    SELECT id FROM gone`,
  );
  return rows.length;
};
