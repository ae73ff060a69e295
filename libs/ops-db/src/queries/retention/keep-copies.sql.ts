import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { decided, type DecidedCopy } from './decided-copies.js';

/**
 * Notes why copies that the caller has locked stay, in the ledger and in the sums of the purge; those that were to go are present again.
 *
 * Of what is kept the ledger has one row a copy: since when, and by which purge, it is kept for this reason. A purge that finds the same reason
 * again writes nothing, so that going over ten million files a day does not fill a disk; its sums say what it found.
 */
export async function keepCopies(
  manager: EntityManager,
  { purgeId, copies }: { purgeId: number; copies: readonly DecidedCopy[] },
): Promise<void> {
  if (copies.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH ${decided(copies)}, taken_back AS (
      UPDATE physical_copy SET status = 'PRESENT' FROM decided
      WHERE physical_copy.id = decided.copy_id AND status IN ('DELETION_SCHEDULED', 'DELETION_IN_PROGRESS') RETURNING physical_copy.id
    ), forgotten AS (
      DELETE FROM purge_decision USING taken_back WHERE copy_id = taken_back.id AND action = 'delete' AND deleted_at IS NULL
    ), summed AS (
      INSERT INTO purge_sum AS sum (purge_id, action, reason, files, bytes)
      SELECT ${purgeId}, 'keep', reason, count(*), sum(bytes) FROM decided GROUP BY reason
      ON CONFLICT (purge_id, action, reason) DO UPDATE SET files = sum.files + excluded.files, bytes = sum.bytes + excluded.bytes
    )
    INSERT INTO purge_decision AS known (purge_id, data_location_id, copy_id, item_id, run_id, path, bytes, action, reason, detail)
    SELECT ${purgeId}, copy.data_location_id, decided.copy_id, decided.item_id, decided.run_id, decided.path, decided.bytes, 'keep', decided.reason, decided.detail
    FROM decided JOIN physical_copy copy ON copy.id = decided.copy_id
    ORDER BY decided.copy_id
    ON CONFLICT (copy_id) WHERE action = 'keep' DO UPDATE SET purge_id = excluded.purge_id, path = excluded.path, bytes = excluded.bytes,
      reason = excluded.reason, detail = excluded.detail, decided_at = now()
      WHERE (known.reason, known.detail, known.bytes, known.path) IS DISTINCT FROM (excluded.reason, excluded.detail, excluded.bytes, excluded.path)
    RETURNING id`,
  );
}
