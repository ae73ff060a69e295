import { sql } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { queryRows } from '../../sql.js';
import { openTestDatabase, type TestDatabase } from '../../testing/index.js';
import { hasUnseen, isUnseenBy } from './unseen.js';

describe('what a snapshot has not seen', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  it('is what is not visible in it, for every transaction before, within and after it', async () => {
    const random = new Random(23);
    const snapshots = Array.from({ length: 200 }, () => {
      const xmin = random.whole(3, 20);
      const xmax = xmin + random.whole(0, 20);
      const running = Array.from({ length: xmax - xmin }, (_, index) => xmin + index).filter(
        (tx) => tx === xmin || random.chance(0.3),
      );
      return `${xmin}:${xmax}:${running.join(',')}`;
    });
    const wrong = await queryRows(
      test.dataSource.manager,
      sql`
      SELECT known.snapshot, change.tx
      FROM unnest(${snapshots}::text[]::pg_snapshot[]) AS known(snapshot), (SELECT n::text::xid8 AS tx FROM generate_series(1, 50) n) change
      WHERE ${isUnseenBy('change.tx', sql`known.snapshot`)} <> NOT pg_visible_in_snapshot(change.tx, known.snapshot)
        OR ${hasUnseen('(SELECT change.tx)', 'true', sql`known.snapshot`)} <> NOT pg_visible_in_snapshot(change.tx, known.snapshot)`,
    );
    expect(wrong).toEqual([]);
  });
});
