import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** The part of a jsonb expression of dims that has one of these names. */
export const dimsAmong = (dims: string, names: readonly string[]): SqlFragment =>
  sql`(SELECT coalesce(jsonb_object_agg(name, ${rawSql(dims)} -> name), '{}') FROM unnest(${names}::text[]) name WHERE ${rawSql(dims)} ? name)`;
