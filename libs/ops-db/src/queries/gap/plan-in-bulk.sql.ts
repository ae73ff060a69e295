import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Whether the statements that follow in this transaction read whole tables: then rows are never joined one by one, whatever the
 * planner thinks of tables that were empty when it last looked.
 */
export async function planInBulk(manager: EntityManager, isBulk: boolean): Promise<void> {
  await queryRows(manager, sql`SELECT set_config('enable_nestloop', ${isBulk ? 'off' : 'on'}, true)`);
}
