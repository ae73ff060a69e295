import { sql, type ResultTable } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface RepeatedRow {
  readonly line: number;
  readonly itemId: number | null;
  /** The line that said it before. */
  readonly firstLine: number;
  readonly cells: string;
}

export interface RepeatedRowsQuery {
  readonly runId: number;
  readonly attempt: number;
  readonly table: ResultTable & { readonly id: number };
  readonly limit: number;
}

/** Up to `limit` staged rows of a table that say again what an earlier line of the attempt said of the same key. */
export const listRepeatedRows = (
  manager: EntityManager,
  { runId, attempt, table, limit }: RepeatedRowsQuery,
): Promise<RepeatedRow[]> => {
  const places = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
  return queryRows(
    manager,
    sql`
    SELECT line, item_id AS "itemId", first AS "firstLine", cells::text AS cells
    FROM (
      SELECT line, item_id, cells, first_value(line) OVER (
        PARTITION BY item_id, (SELECT jsonb_agg(cells -> place ORDER BY place) FROM unnest(${places}::integer[]) place) ORDER BY line) AS first
      FROM staged_row WHERE run_id = ${runId} AND attempt = ${attempt} AND table_id = ${table.id}
    ) placed
    WHERE first < line ORDER BY line LIMIT ${limit}`,
  );
};
