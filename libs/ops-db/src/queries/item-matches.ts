import { compileFilter, sql, tablesOf, type Filter, type RawSql, type SqlFragment } from '@meridian/core';
import { itemSource } from './item-source.sql.js';

/** Whether a filter selects the item whose id an expression gives; `id` must not speak of an alias `item`, which is another one here. */
export const itemMatches = (id: RawSql, filter: Filter | null, now: Date): SqlFragment =>
  filter === null
    ? sql`TRUE`
    : sql`EXISTS (SELECT FROM ${itemSource(tablesOf(filter))} WHERE item.id = ${id} AND ${compileFilter(filter, { now })})`;
