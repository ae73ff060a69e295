import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { decided, type DecidedCopy } from './decided-copies.js';

/**
 * Marks copies that the caller has locked as to be deleted, each with its row in the ledger. From the commit on no run is given them any more
 * (`loadInputs`); one that was given them before is found by whoever looks again before the bytes go.
 */
export async function scheduleDeletions(
  manager: EntityManager,
  { purgeId, copies }: { purgeId: number; copies: readonly DecidedCopy[] },
): Promise<void> {
  if (copies.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH ${decided(copies)}, marked AS (
      UPDATE physical_copy SET status = 'DELETION_SCHEDULED' FROM decided
      WHERE physical_copy.id = decided.copy_id AND status = 'PRESENT' RETURNING physical_copy.id, data_location_id
    )
    INSERT INTO purge_decision (purge_id, data_location_id, copy_id, item_id, run_id, path, bytes, action, reason)
    SELECT ${purgeId}, marked.data_location_id, decided.copy_id, item_id, run_id, path, bytes, 'delete', reason
    FROM decided JOIN marked ON marked.id = decided.copy_id
    RETURNING id`,
  );
}
