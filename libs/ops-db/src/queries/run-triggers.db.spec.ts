import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { aRun, copiesOfRun, openTestDatabase, triggerTimes, type TestDatabase } from '../testing/index.js';

const MANY = 3000;

describe('the triggers of runs', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  const pending = async (count: number): Promise<number[]> => {
    const { runId } = await aRun(test.dataSource.manager);
    return copiesOfRun(test.dataSource.manager, runId, count);
  };

  /** Milliseconds of each trigger when these runs are cancelled in one statement. */
  const timesOf = (db: EntityManager, ids: readonly number[]): Promise<Map<string, number>> =>
    triggerTimes(
      db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), moved_by = 'test' WHERE id = ANY(${ids}::bigint[])`,
    );

  it('take ten times as long for ten times as many runs, and no more, also on a connection that moved one before', async () => {
    const runner = test.dataSource.createQueryRunner();
    try {
      await timesOf(runner.manager, await pending(1));
      const some = await timesOf(runner.manager, await pending(MANY / 10));
      const many = await timesOf(runner.manager, await pending(MANY));

      // Compared pair by pair, old and new rows would take a hundred times as long.
      const slow = [...many].filter(([name, time]) => time > 30 * (some.get(name) ?? 0) + 20);
      expect([many.size > 2, slow]).toEqual([true, []]);
    } finally {
      await runner.release();
    }
  });
});
