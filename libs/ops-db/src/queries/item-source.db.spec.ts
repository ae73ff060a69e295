import {
  compileFilter,
  matchesFilter,
  parseFilter,
  sql,
  tablesOf,
  type Filter,
  type ItemRow,
  type Json,
} from '@meridian/core';
import fc from 'fast-check';
import { queryRow, queryRows } from '../sql.js';
import {
  compareFilters,
  HARD_FEATURES,
  hardFeaturesOf,
  insertHostileItems,
  randomFilter,
  randomRule,
  type HardFeature,
} from '../testing/filters.js';
import { openTestDatabase, type TestDatabase } from '../testing/index.js';
import { itemSource } from './item-source.sql.js';

const NOW = new Date('2026-03-01T00:00:00Z');

describe('a compiled filter', () => {
  let db: TestDatabase;
  let rows: ItemRow[];
  beforeAll(async () => {
    db = await openTestDatabase();
    rows = await insertHostileItems(db.dataSource.manager, { count: 300, seed: 20_260_301 });
  });
  afterAll(() => db.close());

  const inMemory = (filter: Filter): number[] =>
    rows.filter((row) => matchesFilter(filter, row, NOW)).map((row) => row.id);

  /** Ids by one statement of its own, with the joins that it needs and no others. */
  const inSql = async (filter: Filter): Promise<number[]> => {
    const found = await queryRows<{ id: number }>(
      db.dataSource.manager,
      sql`SELECT item.id FROM ${itemSource(tablesOf(filter))} WHERE ${compileFilter(filter, { now: NOW })} ORDER BY item.id`,
    );
    return found.map((row) => row.id);
  };

  // `npm run campaign -- filters` compares a hundred thousand, on other seeds.
  it('selects the same rows in PostgreSQL as in memory, for thousands of random filters', async () => {
    const sources: Json[] = [
      ...fc.sample(randomRule, { numRuns: 2000, seed: 7 }),
      ...fc.sample(randomFilter, { numRuns: 2000, seed: 11 }),
    ];
    const { differences, selective } = await compareFilters(db.dataSource.manager, rows, {
      sources,
      now: NOW,
    });
    expect(differences).toEqual([]);
    expect(selective).toBeGreaterThan(sources.length / 3);
    const features = sources.map(hardFeaturesOf);
    for (const feature of Object.keys(HARD_FEATURES) as HardFeature[])
      expect([feature, features.filter((own) => own.has(feature)).length >= 50]).toEqual([feature, true]);
  });

  it('would notice a row that is not as it is said to be', async () => {
    const said = rows.map((row, index) => (index === 0 ? { ...row, size_bytes: row.size_bytes + 1 } : row));
    const sources: Json[] = [
      { table: 'DataItem', column: 'size_bytes', operator: 'eq', value: rows[0]?.size_bytes ?? 0 },
      { table: 'DataItem', column: 'id', operator: 'eq', value: rows[0]?.id ?? 0 },
    ];
    const { differences } = await compareFilters(db.dataSource.manager, said, { sources, now: NOW });
    expect(differences.map(({ filter }) => filter)).toEqual([sources[0]]);
  });

  it('needs only the joins of the tables that it names', async () => {
    for (const source of fc.sample(randomRule, { numRuns: 150, seed: 13 })) {
      const filter = parseFilter(source);
      expect({ source, ids: await inSql(filter) }).toEqual({ source, ids: inMemory(filter) });
    }
  });

  it("accepts CCAT's rules as they stand and finds the archived packages", async () => {
    const filter = parseFilter([
      { table: 'Source', column: 'name', operator: 'eq', value: 'NGC253' },
      { table: 'ObsUnit', column: 'line_id', operator: 'eq', value: 'CO43' },
      { table: 'InstrumentModule', column: 'name', operator: 'eq', value: 'CHAI' },
      { table: 'RawDataPackage', column: 'state', operator: 'eq', value: 'archived' },
    ]);
    const expected = rows.filter(
      ({ tables }) =>
        tables.Source?.['name'] === 'NGC253' &&
        tables.ObsUnit?.['line'] === 'CO43' &&
        tables.InstrumentModule?.['name'] === 'CHAI' &&
        tables.RawDataPackage?.['state'] === 'ARCHIVED',
    );

    expect(await inSql(filter)).toEqual(expected.map((row) => row.id));
    expect(expected.length).toBeGreaterThan(0);
  });

  it('treats every text as a value, whatever it looks like', async () => {
    const attacks = [
      "'; DROP TABLE data_item; --",
      "' OR '1'='1",
      '$1',
      '$$; DELETE FROM data_item; $$',
      '\\',
      "\\'; --",
      '%',
      '{"a": 1}',
      '${id}',
      'a\' COLLATE "x',
    ];
    for (const attack of attacks) {
      const filter = parseFilter({
        any: [
          { dim: 'a', operator: 'eq', value: attack },
          { dim: 'a', operator: 'in', value: [attack] },
          { dim: 'a', operator: 'gt', value: attack },
          { table: 'Source', column: 'name', operator: 'eq', value: attack },
          { table: 'DataItem', column: 'name', operator: 'not_in', value: [attack] },
          { table: 'DataItem', column: 'metadata', json_path: 'x.y', operator: 'neq', value: attack },
        ],
      });
      expect({ attack, ids: await inSql(filter) }).toEqual({ attack, ids: inMemory(filter) });
    }
    expect(
      await queryRow(db.dataSource.manager, sql`SELECT count(*)::integer AS items FROM data_item`),
    ).toEqual({ items: rows.length });
  });

  it('uses the index of dims for equality', async () => {
    const filter = parseFilter({ dim: 'source', operator: 'eq', value: 'NGC253' });
    const plan = await db.dataSource.manager.transaction(async (manager) => {
      await queryRows(manager, sql`SET LOCAL enable_seqscan = off`);
      return queryRows<{ 'QUERY PLAN': string }>(
        manager,
        sql`EXPLAIN SELECT item.id FROM ${itemSource(tablesOf(filter))} WHERE ${compileFilter(filter, { now: NOW })}`,
      );
    });

    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('data_item_by_dims');
  });
});
