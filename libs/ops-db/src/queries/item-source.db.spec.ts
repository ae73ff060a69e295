import {
  compileFilter,
  FILTER_TABLE_NAMES,
  joinSql,
  matchesFilter,
  parseFilter,
  rawSql,
  sql,
  tablesOf,
  type Filter,
  type ItemRow,
  type Json,
} from '@meridian/core';
import fc from 'fast-check';
import { queryRow, queryRows } from '../sql.js';
import { insertHostileItems } from '../testing/hostile-items.js';
import { randomFilter, randomRule } from '../testing/random-filters.js';
import { openTestDatabase, type TestDatabase } from '../testing/index.js';
import { itemSource } from './item-source.sql.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const FILTERS_PER_STATEMENT = 40;

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

  /** Ids of many filters by one statement. */
  const manyInSql = async (filters: readonly Filter[]): Promise<number[][]> => {
    const columns = filters.map(
      (filter, index) =>
        sql`array_agg(item.id ORDER BY item.id) FILTER (WHERE ${compileFilter(filter, { now: NOW })}) AS ${rawSql(`f${index}`)}`,
    );
    const row = await queryRow<Record<string, number[] | null>>(
      db.dataSource.manager,
      sql`SELECT ${joinSql(columns, ', ')} FROM ${itemSource(FILTER_TABLE_NAMES)}`,
    );
    return filters.map((_, index) => row?.[`f${index}`] ?? []);
  };

  it('selects the same rows in PostgreSQL as in memory, for thousands of random filters', async () => {
    const sources: Json[] = [
      ...fc.sample(randomRule, { numRuns: 2000, seed: 7 }),
      ...fc.sample(randomFilter, { numRuns: 2000, seed: 11 }),
    ];
    let selective = 0;
    for (let start = 0; start < sources.length; start += FILTERS_PER_STATEMENT) {
      const batch = sources.slice(start, start + FILTERS_PER_STATEMENT);
      const filters = batch.map((source) => parseFilter(source));
      const fromSql = await manyInSql(filters);
      const different = filters.flatMap((filter, index) => {
        const expected = inMemory(filter);
        if (expected.length > 0 && expected.length < rows.length) selective += 1;
        return JSON.stringify(expected) === JSON.stringify(fromSql[index])
          ? []
          : [{ filter: batch[index], expected, found: fromSql[index] }];
      });
      expect(different).toEqual([]);
    }
    // Filters that select everything or nothing prove little.
    expect(selective).toBeGreaterThan(sources.length / 3);
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
