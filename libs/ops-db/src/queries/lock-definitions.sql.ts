import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/**
 * One change of definitions at a time: held until the transaction ends.
 *
 * Whoever plans against what is stored must hold it, or two files applied at once could each miss the other's half.
 */
export async function lockDefinitions(manager: EntityManager): Promise<void> {
  await queryRows(manager, sql`SELECT pg_advisory_xact_lock(hashtext('meridian.definitions'))`);
}
