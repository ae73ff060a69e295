import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { Taint1700000000022 } from '../../migrations/1700000000022-taint.js';
import { OneIndexOfDeletions1700000000027 } from '../../migrations/1700000000027-one-index-of-deletions.js';
import { queryRows } from '../../sql.js';
import { aProduct, aRawFile, aRun, openTestDatabase, type TestDatabase } from '../../testing/index.js';

describe('run_source', () => {
  let test: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());

  const sources = (): Promise<unknown[]> =>
    queryRows(db, sql`SELECT run_id, source_run_id FROM run_source ORDER BY 1, 2`);

  it('has each pair of runs once of which one used what the other made, as soon as it has products', async () => {
    const first = await aRun(db, { itemIds: [await aRawFile(db)], status: 'COMPLETED' });
    const [a, b] = [await aProduct(db, first), await aProduct(db, first)];
    const second = await aRun(db, { itemIds: [a, b], status: 'COMPLETED' });
    expect(await sources()).toEqual([]);
    const c = await aProduct(db, second);
    await aProduct(db, second);
    const third = await aRun(db, { itemIds: [a, c], status: 'COMPLETED' });
    await aProduct(db, third);
    await aRun(db, { itemIds: [a, c], status: 'FAILED' });
    expect(await sources()).toEqual([
      { run_id: second.runId, source_run_id: first.runId },
      { run_id: third.runId, source_run_id: first.runId },
      { run_id: third.runId, source_run_id: second.runId },
    ]);
  });

  it('is the same when it is made of an archive that was there before it', async () => {
    const before = await sources();
    expect(before).toHaveLength(3);
    const [migration, later] = [new Taint1700000000022(), new OneIndexOfDeletions1700000000027()];
    const runner = test.dataSource.createQueryRunner();
    try {
      await later.down(runner);
      await migration.down(runner);
      await migration.up(runner);
      await later.up(runner);
    } finally {
      await runner.release();
    }
    expect(await sources()).toEqual(before);
  });
});
