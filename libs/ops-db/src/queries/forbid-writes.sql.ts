import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** From here on the transaction can change nothing; call it before its first statement. */
export async function forbidWrites(manager: EntityManager): Promise<void> {
  await queryRows(manager, sql`SET TRANSACTION READ ONLY`);
}
