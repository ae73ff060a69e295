import 'reflect-metadata';
import { readSettings } from '@meridian/core';
import { migrateOpsDb, opsDataSource } from '@meridian/ops-db';
import { DATABASE_SETTINGS } from './api.config.js';

/** Brings the database in DATABASE_URL up to this version, and exits. Safe to run while others do the same. */
async function main(): Promise<void> {
  const { databaseUrl: url } = readSettings(DATABASE_SETTINGS, process.env);
  const dataSource = await opsDataSource({
    url,
    applicationName: 'meridian-migrate',
    poolSize: 2,
  }).initialize();
  try {
    const ran = await migrateOpsDb(dataSource);
    process.stdout.write(ran.length === 0 ? 'the schema is current\n' : `ran ${ran.join(', ')}\n`);
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(10);
});
