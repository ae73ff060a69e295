import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** Transactions that ended after a pg_snapshot expression was taken began after it, or were running: an index finds both. */
const laterThan = (tx: string, snapshot: SqlFragment): SqlFragment =>
  sql`${rawSql(tx)} >= pg_snapshot_xmax(${snapshot})`;
const runningIn = (tx: string, snapshot: SqlFragment): SqlFragment =>
  sql`${rawSql(tx)} = ANY(ARRAY(SELECT pg_snapshot_xip(${snapshot})))`;

/**
 * True for rows of a feed whose transaction `tx` is not visible in a pg_snapshot expression: what was evaluated with it has not seen them.
 *
 * It is `NOT pg_visible_in_snapshot`, put so that what is visible is not read, however much that is when somebody holds a transaction for long.
 */
export const isUnseenBy = (tx: string, snapshot: SqlFragment): SqlFragment =>
  sql`(${laterThan(tx, snapshot)} OR ${runningIn(tx, snapshot)})`;

/** The same of the column tx and a pg_snapshot as text. */
export const isNewSince = (since: string): SqlFragment => isUnseenBy('tx', sql`${since}::pg_snapshot`);

/** Whether a feed has rows `change`, of which a condition is true, that a pg_snapshot expression does not show: two looks at its index. */
export const hasUnseen = (feed: string, condition: string, snapshot: SqlFragment): SqlFragment =>
  sql`(EXISTS (SELECT FROM ${rawSql(`${feed} change WHERE ${condition} AND `)}${laterThan('change.tx', snapshot)})
        OR EXISTS (SELECT FROM ${rawSql(`${feed} change WHERE ${condition} AND `)}${runningIn('change.tx', snapshot)}))`;
