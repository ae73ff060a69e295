import { createHash } from 'node:crypto';
import { fingerprintOf, itemHashes, sql } from '@meridian/core';
import { queryRow, queryRows } from './sql.js';
import { anItem, openTestDatabase, type TestDatabase } from './testing/index.js';

describe('the fingerprint', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('is the same number in core and in the database, for items and for every sum of them', async () => {
    const { manager } = db.dataSource;
    for (let n = 0; n < 200; n += 1) {
      await anItem(manager, { contentHash: createHash('sha256').update(`content ${n}`).digest('hex') });
    }
    const items = await queryRows<{ id: number; contentHash: string; a: string; b: string }>(
      manager,
      sql`SELECT id, content_hash AS "contentHash", hash_a::text AS a, hash_b::text AS b FROM data_item ORDER BY id`,
    );
    for (const { id, contentHash, a, b } of items)
      expect(itemHashes(id, contentHash)).toEqual([BigInt(a), BigInt(b)]);

    // Long sums leave the range of 64 bits on both sides: the folding must agree, too.
    for (let count = 1; count <= items.length; count += 7) {
      const some = items.slice(0, count);
      const row = await queryRow<{ fingerprint: string }>(
        manager,
        sql`SELECT fingerprint(sum(hash_a), sum(hash_b)) AS fingerprint FROM data_item WHERE id = ANY(${some.map(({ id }) => id)}::bigint[])`,
      );
      expect(row?.fingerprint).toBe(fingerprintOf(some));
    }
  });

  it('folds every sum to the 64 bits that two’s complement has for it', async () => {
    const edges = [0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 3n * 2n ** 63n, 10n ** 30n];
    const sums = edges.flatMap((edge) => [edge - 1n, edge, edge + 1n, -edge - 1n, -edge, -edge + 1n]);
    const rows = await queryRows<{ total: string; hex: string }>(
      db.dataSource.manager,
      sql`SELECT total::text, hash_sum_hex(total) AS hex FROM unnest(${sums.map(String)}::numeric[]) total`,
    );
    expect(rows).toHaveLength(sums.length);
    for (const { total, hex } of rows)
      expect([total, hex]).toEqual([total, BigInt.asUintN(64, BigInt(total)).toString(16).padStart(16, '0')]);
  });
});
