import { sql } from '@meridian/core';
import type { DataSource } from 'typeorm';
import { MIGRATIONS } from '../migrations/index.js';
import { queryRow } from '../sql.js';

/** How many of this version's migrations the database has not had. Fails when the database does not answer. */
export async function pendingMigrations(dataSource: DataSource): Promise<number> {
  const table = await queryRow<{ exists: boolean }>(
    dataSource.manager,
    sql`SELECT to_regclass('schema_migration') IS NOT NULL AS exists`,
  );
  if (table?.exists !== true) return MIGRATIONS.length;
  const names = MIGRATIONS.map((migration) => migration.name);
  const done = await queryRow<{ count: number }>(
    dataSource.manager,
    sql`SELECT count(*) AS count FROM schema_migration WHERE name = ANY(${names})`,
  );
  return MIGRATIONS.length - (done?.count ?? 0);
}
