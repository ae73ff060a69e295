import { DomainError } from '@meridian/core';
import type { DataSource } from 'typeorm';
import { recordAudit } from './queries/record-audit.sql.js';
import { findHome } from './queries/home/find-home.sql.js';
import { moveIntoHome } from './queries/home/move-into-home.sql.js';

/** More than an installation makes of anything between two backups. */
const NUMBERS_LEFT_OUT = 1_000_000;

/**
 * Every process asks this before it works with a database. One that was restored from a dump, or copied, is refused until somebody says that it takes
 * the place of the one that it was made from: two that are the same installation would act on each other's jobs and files.
 *
 * @throws DomainError that says what to do
 */
export async function settleIn(dataSource: DataSource): Promise<void> {
  const { installation, home, here } = await findHome(dataSource.manager);
  if (home === here) return;
  throw new DomainError({
    kind: 'conflict',
    code: 'database.not_at_home',
    message: `This database is a restored dump or a copy: installation ${installation} was last at work in ${home}, and this is ${here}.`,
    action:
      'If it takes the place of that one, which must never be started again, run "node apps/ops-db-api/dist/migrate.js --restored"; do not start Meridian on a copy, which would act on the same jobs and files.',
  });
}

/** Says that a restored database takes the place of the one that it was dumped from. False for one that was not restored: it is left as it is. */
export async function takePlace(dataSource: DataSource): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    const { installation, home, here } = await findHome(manager);
    if (!(await moveIntoHome(manager, NUMBERS_LEFT_OUT))) return false;
    await recordAudit(manager, {
      actor: 'migrate',
      action: 'database.restored',
      target: `installation:${installation}`,
      before: { home },
      after: { home: here },
      requestId: 'migrate',
    });
    return true;
  });
}
