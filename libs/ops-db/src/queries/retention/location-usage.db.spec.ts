import { sql } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import {
  aCopy,
  aLocation,
  anItem,
  aRawFile,
  openTestDatabase,
  type TestDatabase,
} from '../../testing/index.js';
import { queryRow, queryRows } from '../../sql.js';
import { findLocationUsage } from './find-location-usage.sql.js';
import { foldLocationUsage } from './fold-location-usage.sql.js';

const STATUSES = [
  'PRESENT',
  'STAGED',
  'DELETION_SCHEDULED',
  'DELETION_IN_PROGRESS',
  'DELETED',
  'MISSING',
  'CORRUPT',
];

describe('what lies at a location', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
  });
  afterAll(() => test.close());

  const db = () => test.dataSource.manager;
  const counted = (locationId: number) =>
    queryRow(
      db(),
      sql`SELECT count(*)::int AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id
          WHERE data_location_id = ${locationId} AND status NOT IN ('DELETED', 'MISSING')`,
    );
  const tallied = async (name: string) => {
    const usage = await findLocationUsage(db(), name);
    return { files: usage?.files, bytes: usage?.bytes };
  };

  it('is what counting says after any changes, folded or not', async () => {
    const random = new Random(7);
    const locations = [
      { name: 'here', id: await aLocation(db(), { name: 'here' }) },
      { name: 'there', id: await aLocation(db(), { name: 'there' }) },
    ];
    const any = () => locations[random.whole(0, 1)]?.id ?? 0;
    const status = () => STATUSES[random.whole(0, STATUSES.length - 1)] ?? 'PRESENT';
    const some = sql`id IN (SELECT id FROM physical_copy ORDER BY random() LIMIT 3)`;
    const changes = [
      async () =>
        aRawFile(db(), {
          sizeBytes: random.whole(0, 999),
          copy: { locationId: any(), path: `${Math.random()}` },
        }),
      async () => {
        const item = await anItem(db(), { kind: 'DATA_PRODUCT', sizeBytes: random.whole(0, 999) });
        for (const { id } of locations) await aCopy(db(), item, { locationId: id, path: `${Math.random()}` });
      },
      () => queryRows(db(), sql`UPDATE physical_copy SET status = ${status()} WHERE ${some} RETURNING id`),
      () => queryRows(db(), sql`UPDATE physical_copy SET verified_at = now() RETURNING id`),
      () =>
        queryRows(db(), sql`UPDATE physical_copy SET data_location_id = ${any()} WHERE ${some} RETURNING id`),
      () => queryRows(db(), sql`DELETE FROM physical_copy WHERE ${some} RETURNING id`),
      () =>
        queryRows(
          db(),
          sql`UPDATE data_item SET size_bytes = size_bytes + ${random.whole(0, 9)} WHERE id IN (SELECT id FROM data_item ORDER BY random() LIMIT 5) RETURNING id`,
        ),
      () =>
        queryRows(
          db(),
          sql`DELETE FROM data_item WHERE id IN (SELECT id FROM data_item ORDER BY random() LIMIT 1) RETURNING id`,
        ),
      () => foldLocationUsage(db()),
    ];
    let roundsWithFiles = 0;
    for (let round = 0; round < 200; round += 1) {
      await changes[random.whole(0, changes.length - 1)]?.();
      for (const { name, id } of locations) {
        const usage = await tallied(name);
        expect([round, usage]).toEqual([round, await counted(id)]);
        if ((usage.files ?? 0) > 0) roundsWithFiles += 1;
      }
    }
    expect(roundsWithFiles).toBeGreaterThan(20);
  });

  it('is folded into one row a location, by one of several at a time', async () => {
    await Promise.all([1, 2, 3].map(() => foldLocationUsage(db())));
    expect(await queryRows(db(), sql`SELECT * FROM location_usage_change`)).toEqual([]);
    expect(await foldLocationUsage(db())).toBe(0);
  });
});
