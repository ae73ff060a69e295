import type { DataSource } from 'typeorm';
import { opsDataSource } from './data-source.js';
import { migrateOpsDb } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { foldRunTallies } from './queries/fold-run-tallies.sql.js';
import { pendingMigrations } from './queries/pending-migrations.sql.js';
import { foldLocationUsage } from './queries/retention/fold-location-usage.sql.js';
import {
  aProduct,
  aRawFile,
  aRun,
  dumpDatabase,
  openTestDatabase,
  type TestDatabase,
} from './testing/index.js';

/** What came before, the change feed, cannot be taken back. */
const OLDEST_TO_COME_FROM = 12;

describe('migrateOpsDb', () => {
  let db: TestDatabase;
  let emptyUrl: URL;
  beforeAll(async () => {
    db = await openTestDatabase();
    emptyUrl = new URL(db.url);
    emptyUrl.pathname += '_empty';
    await db.dataSource.query(`CREATE DATABASE ${emptyUrl.pathname.slice(1)}`);
  });
  afterAll(async () => {
    await db.dataSource.query(`DROP DATABASE ${emptyUrl.pathname.slice(1)} WITH (FORCE)`);
    await db.close();
  });

  it('runs every migration once when several processes start at the same time', async () => {
    const open = (): Promise<DataSource> =>
      opsDataSource({ url: emptyUrl.href, applicationName: 'meridian-test', poolSize: 2 }).initialize();
    const sources = await Promise.all([open(), open(), open()]);
    try {
      const before = await Promise.all(sources.map(pendingMigrations));
      const ran = await Promise.all(sources.map(migrateOpsDb));
      const after = await Promise.all(sources.map(pendingMigrations));

      expect(before).toEqual(sources.map(() => MIGRATIONS.length));
      expect(ran.flat()).toEqual(MIGRATIONS.map((migration) => migration.name));
      expect(after).toEqual([0, 0, 0]);
    } finally {
      await Promise.all(sources.map((source) => source.destroy()));
    }
  });

  it('keeps what is there when it brings an older schema up to this one', async () => {
    const { dataSource } = db;
    const made = await aRun(dataSource.manager, {
      itemIds: [await aRawFile(dataSource.manager)],
      status: 'COMPLETED',
    });
    const product = await aProduct(dataSource.manager, made);
    const user = await aRun(dataSource.manager, { itemIds: [product], status: 'COMPLETED' });
    await aProduct(dataSource.manager, user);
    const before = await settledDump(dataSource);
    const olds = MIGRATIONS.length - OLDEST_TO_COME_FROM;
    for (let n = 0; n < olds; n += 1) await dataSource.undoLastMigration({ transaction: 'each' });

    expect(await migrateOpsDb(dataSource)).toHaveLength(olds);

    const after = await settledDump(dataSource);
    const changed = [...before].filter(([table, rows]) => after.get(table)?.join() !== rows.join());
    expect(changed.map(([table]) => table)).toEqual([]);
  });
});

/** All rows, with what the daemons add up added up, but those that tell of the migrations themselves. */
async function settledDump({ manager }: DataSource): Promise<ReadonlyMap<string, readonly string[]>> {
  await foldRunTallies(manager);
  await foldLocationUsage(manager);
  const dump = new Map(await dumpDatabase(manager));
  for (const name of ['public.schema_migration', 'sequences']) dump.delete(name);
  return dump;
}
