import { sql } from '@meridian/core';
import type { DataSource } from 'typeorm';
import { queryRows } from './sql.js';

/** Any number, the same for every version: it names "somebody migrates this database". */
const MIGRATION_LOCK = 7_345_100_001;

/**
 * Brings the schema up to this version and gives the names of the migrations that ran.
 *
 * Several processes may call it at once: an advisory lock lets one migrate while the others wait and then find nothing
 * to do. The lock belongs to a session of its own, so it goes when the process does.
 */
export async function migrateOpsDb(dataSource: DataSource): Promise<string[]> {
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  try {
    await queryRows(holder.manager, sql`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const ran = await dataSource.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    await queryRows(holder.manager, sql`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
    await holder.release();
  }
}
