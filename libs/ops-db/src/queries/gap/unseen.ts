import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** True for rows of a feed whose transaction `tx` is not visible in a pg_snapshot expression: what was evaluated with it has not seen them. */
export const isUnseenBy = (tx: string, snapshot: SqlFragment): SqlFragment =>
  sql`(${rawSql(tx)} >= pg_snapshot_xmin(${snapshot}) AND NOT pg_visible_in_snapshot(${rawSql(tx)}, ${snapshot}))`;

/** The same of the column tx and a pg_snapshot as text. */
export const isNewSince = (since: string): SqlFragment => isUnseenBy('tx', sql`${since}::pg_snapshot`);
