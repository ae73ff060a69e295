import { sql, type PoolDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Creates the pool of that name, or changes its slots; a pause of it stays. Runs that are active already go on. */
export async function applyPool(manager: EntityManager, pool: PoolDefinition): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO run_pool (name, slots) VALUES (${pool.name}, ${pool.slots}::integer)
    ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, updated_at = now()
  `,
  );
}
