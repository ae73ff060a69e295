import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { DomainError, messageOf, readSettings } from '@meridian/core';
import { migrateOpsDb, opsDataSource, settleIn, takePlace } from '@meridian/ops-db';
import { DATABASE_SETTINGS } from './api.config.js';

/**
 * Brings the database in DATABASE_URL up to this version, and exits. Safe to run while others do the same. With `--restored`, a restored dump takes the
 * place of the database that it was made from; without, it is refused.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { restored: { type: 'boolean', default: false } } });
  const { databaseUrl: url } = readSettings(DATABASE_SETTINGS, process.env);
  const dataSource = await opsDataSource({
    url,
    applicationName: 'meridian-migrate',
    poolSize: 2,
  }).initialize();
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  try {
    const ran = await migrateOpsDb(dataSource);
    say(ran.length === 0 ? 'the schema is current' : `ran ${ran.join(', ')}`);
    if (values.restored)
      say(
        (await takePlace(dataSource))
          ? 'this database takes the place of the one that it was dumped from'
          : 'this database was not restored: nothing was changed',
      );
    await settleIn(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  const reason = messageOf(error);
  process.stderr.write(`migrate: ${reason}\n${error instanceof DomainError ? `${error.action}\n` : ''}`);
  process.exit(10);
});
