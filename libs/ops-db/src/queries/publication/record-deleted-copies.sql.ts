import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** The bytes of these copies are not there any more. */
export async function recordDeletedCopies(manager: EntityManager, copyIds: readonly number[]): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE physical_copy SET status = 'DELETED' WHERE id = ANY(${copyIds}::bigint[]) AND status <> 'DELETED' RETURNING id`,
  );
}
