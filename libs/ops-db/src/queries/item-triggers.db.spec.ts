import { createHash } from 'node:crypto';
import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { openTestDatabase, triggerTimes, type TestDatabase } from '../testing/index.js';

const MANY = 3000;

describe('the triggers of items', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  const someItems = async (count: number): Promise<number[]> => {
    const rows = await queryRows<{ id: number }>(
      test.dataSource.manager,
      sql`
      INSERT INTO data_item (kind, name, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', ${createHash('sha256').update('content').digest('hex')}, 1 FROM generate_series(1, ${count}::int) n
      RETURNING id`,
    );
    return rows.map(({ id }) => id);
  };

  /** Milliseconds of each trigger of the statement when the sizes of these items are changed in one. */
  const timesOf = (db: EntityManager, ids: readonly number[]): Promise<Map<string, number>> =>
    triggerTimes(db, sql`UPDATE data_item SET size_bytes = size_bytes + 1 WHERE id = ANY(${ids}::bigint[])`);

  it('take ten times as long for ten times as many items, and no more, also on a connection that changed one before', async () => {
    const runner = test.dataSource.createQueryRunner();
    try {
      await timesOf(runner.manager, await someItems(1));
      const some = await timesOf(runner.manager, await someItems(MANY / 10));
      const many = await timesOf(runner.manager, await someItems(MANY));

      // Compared pair by pair, old and new rows would take a hundred times as long.
      const slow = [...many].filter(([name, time]) => time > 30 * (some.get(name) ?? 0) + 20);
      expect([many.has('changed_data_item_is_recorded'), slow]).toEqual([true, []]);
    } finally {
      await runner.release();
    }
  });
});
