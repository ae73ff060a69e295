import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** Which installation of Meridian this database is: part of every job's name. It never changes. */
export async function findInstallation(manager: EntityManager): Promise<string> {
  const row = await queryRow<{ id: string }>(manager, sql`SELECT id FROM installation`);
  if (row === undefined) throw new Error('the database does not say which installation it is');
  return row.id;
}
