import { rawSql, sql, type RawSql, type SqlFragment } from '@meridian/core';

/** The part of a jsonb expression of dims that has one of these names, which a column may hold. */
export const dimsAmong = (dims: string, names: readonly string[] | RawSql): SqlFragment =>
  sql`(SELECT coalesce(jsonb_object_agg(name, ${rawSql(dims)} -> name), '{}') FROM unnest(${names}::text[]) name WHERE ${rawSql(dims)} ? name)`;
