import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Whatever this transaction tries to write from now on, the database refuses. */
export async function forbidWriting(manager: EntityManager): Promise<void> {
  await queryRows(manager, sql`SET TRANSACTION READ ONLY`);
}
