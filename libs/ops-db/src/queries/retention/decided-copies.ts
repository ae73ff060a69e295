import { sql, type SqlFragment } from '@meridian/core';

/** What was decided about one copy. */
export interface DecidedCopy {
  readonly copyId: number;
  readonly itemId: number;
  readonly runId: number | null;
  readonly path: string;
  readonly bytes: number;
  readonly reason: string;
  readonly detail?: string;
}

/** The decisions as a relation `decided`. */
export const decided = (copies: readonly DecidedCopy[]): SqlFragment => sql`
    decided AS MATERIALIZED (
      SELECT * FROM unnest(${copies.map(({ copyId }) => copyId)}::bigint[], ${copies.map(({ itemId }) => itemId)}::bigint[],
        ${copies.map(({ runId }) => runId)}::bigint[], ${copies.map(({ path }) => path)}::text[], ${copies.map(({ bytes }) => bytes)}::bigint[],
        ${copies.map(({ reason }) => reason)}::text[], ${copies.map(({ detail = '' }) => detail)}::text[])
        AS listed (copy_id, item_id, run_id, path, bytes, reason, detail)
    )`;
