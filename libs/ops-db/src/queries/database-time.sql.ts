import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** What time it is for the database, whose clock stamps every row. */
export async function databaseTime(manager: EntityManager): Promise<Date> {
  const row = await queryRow<{ now: Date }>(manager, sql`SELECT clock_timestamp() AS now`);
  if (row === undefined) throw new Error('SELECT without FROM gives one row');
  return row.now;
}
