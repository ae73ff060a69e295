import {
  compileFilter,
  FILTER_TABLE_NAMES,
  joinSql,
  matchesFilter,
  parseFilter,
  rawSql,
  sql,
  type Filter,
  type ItemRow,
  type Json,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { itemSource } from '../queries/item-source.sql.js';
import { queryRow } from '../sql.js';

export interface FilterDifference {
  readonly filter: Json;
  readonly inMemory: readonly number[];
  readonly inSql: readonly number[];
}

export interface FilterComparison {
  /** Filters that select some rows and not all: those that select everything or nothing prove little. */
  readonly selective: number;
  readonly differences: readonly FilterDifference[];
}

/** PostgreSQL takes 1,664 columns and 65,535 parameters; planning time grows faster than their number long before. */
const FILTERS_PER_STATEMENT = 40;

/** Asks PostgreSQL and `matchesFilter` which of the rows each filter selects. `rows` are all that the database has. */
export async function compareFilters(
  manager: EntityManager,
  rows: readonly ItemRow[],
  { sources, now }: { readonly sources: readonly Json[]; readonly now: Date },
): Promise<FilterComparison> {
  const differences: FilterDifference[] = [];
  let selective = 0;
  for (let start = 0; start < sources.length; start += FILTERS_PER_STATEMENT) {
    const batch = sources.slice(start, start + FILTERS_PER_STATEMENT);
    const filters = batch.map((source) => parseFilter(source));
    const inSql = await selectedInSql(manager, filters, now);
    filters.forEach((filter, index) => {
      const inMemory = rows.filter((row) => matchesFilter(filter, row, now)).map(({ id }) => id);
      if (inMemory.length > 0 && inMemory.length < rows.length) selective += 1;
      const found = inSql[index] ?? [];
      if (JSON.stringify(inMemory) !== JSON.stringify(found))
        differences.push({ filter: batch[index] ?? null, inMemory, inSql: found });
    });
  }
  return { selective, differences };
}

/** Ids that each filter selects, by one statement. */
async function selectedInSql(
  manager: EntityManager,
  filters: readonly Filter[],
  now: Date,
): Promise<number[][]> {
  const columns = filters.map(
    (filter, index) =>
      sql`array_agg(item.id ORDER BY item.id) FILTER (WHERE ${compileFilter(filter, { now })}) AS ${rawSql(`f${index}`)}`,
  );
  const row = await queryRow<Record<string, number[] | null>>(
    manager,
    sql`SELECT ${joinSql(columns, ', ')} FROM ${itemSource(FILTER_TABLE_NAMES)}`,
  );
  return filters.map((_, index) => row?.[`f${index}`] ?? []);
}
