import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Has the connection plan its prepared statements anew: those made while a plan's copies stood in front of the real tables are for these. */
export async function forgetPlans(manager: EntityManager): Promise<void> {
  await queryRows(manager, sql`DISCARD PLANS`);
}
