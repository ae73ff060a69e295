import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Forgets what is staged of these runs, of whatever attempt. */
export async function clearStagedRows(manager: EntityManager, runIds: readonly number[]): Promise<void> {
  await queryRows(manager, sql`DELETE FROM staged_row WHERE run_id = ANY(${runIds}::bigint[])`);
}
