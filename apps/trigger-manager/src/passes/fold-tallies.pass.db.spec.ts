import { sql } from '@meridian/core';
import { countRuns, queryRow } from '@meridian/ops-db';
import { aRun, openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import { FoldTalliesPass } from './fold-tallies.pass.js';

describe('FoldTalliesPass', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  const unfolded = async (): Promise<number | undefined> =>
    (
      await queryRow<{ n: number }>(
        test.dataSource.manager,
        sql`SELECT count(*)::int AS n FROM run_tally_change`,
      )
    )?.n;
  const counted = async (): Promise<number> => {
    const counts = await countRuns(test.dataSource.manager, {
      pipeline: null,
      step: null,
      status: 'PENDING',
    });
    return counts.reduce((sum, { count }) => sum + count, 0);
  };

  it('folds what changed when a daemon starts, and leaves what comes right after for later', async () => {
    const pass = new FoldTalliesPass(test.dataSource);
    await aRun(test.dataSource.manager);
    await pass.run();
    expect([await unfolded(), await counted()]).toEqual([0, 1]);

    await aRun(test.dataSource.manager);
    await pass.run();
    expect([await unfolded(), await counted()]).toEqual([1, 2]);
  });
});
