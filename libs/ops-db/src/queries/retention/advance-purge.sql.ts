import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Notes up to which copy a purge has looked. */
export async function advancePurge(
  manager: EntityManager,
  { id, afterCopyId }: { id: number; afterCopyId: number },
): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE purge SET after_copy_id = ${afterCopyId}, problem = NULL WHERE id = ${id} RETURNING id`,
  );
}
