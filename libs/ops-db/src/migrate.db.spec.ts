import type { DataSource } from 'typeorm';
import { opsDataSource } from './data-source.js';
import { migrateOpsDb } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { pendingMigrations } from './queries/pending-migrations.sql.js';
import { openTestDatabase, type TestDatabase } from './testing/index.js';

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
});
