import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** True for the ids of a list, and for all when there is none: two texts, since one that asks for both would be planned for neither. */
export const amongIds = (column: string, ids: readonly number[] | null): SqlFragment =>
  ids === null ? sql`${rawSql('true')}` : sql`${rawSql(column)} = ANY(${ids}::bigint[])`;
