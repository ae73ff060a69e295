import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** From here on the bytes of these copies may be gone: whoever takes over finishes the deletion. */
export async function beginDeletions(manager: EntityManager, copyIds: readonly number[]): Promise<void> {
  if (copyIds.length === 0) return;
  await queryRows(
    manager,
    sql`
    UPDATE physical_copy SET status = 'DELETION_IN_PROGRESS'
    WHERE id = ANY(${copyIds}::bigint[]) AND status = 'DELETION_SCHEDULED' RETURNING id`,
  );
}
