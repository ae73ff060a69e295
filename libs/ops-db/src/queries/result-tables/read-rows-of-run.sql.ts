import { rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import type { OfferedRows } from './load-offered-rows.sql.js';

const BATCH = 2000;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The rows that a run put into a table, as NDJSON, part by part: in the order of subjects and keys, whatever has taken their place since, so
 * that it is the same text for ever. Call it in a transaction; memory is that of a part.
 *
 * Nulls are written out, flags are their number, times are UTC to the microsecond.
 */
export async function* readRowsOfRun(manager: EntityManager, offered: OfferedRows): AsyncGenerator<string> {
  const { runId, inputSetId, relation, rowsOf, key, columns } = offered;
  const subject = rowsOf === 'item' ? 'item_id' : 'sub_group_id';
  const cells = columns.map(({ name, type }) =>
    type === 'timestamp'
      ? `to_char(${quoted(name)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${quoted(name)}`
      : quoted(name),
  );
  const from = (table: string) =>
    rawSql(
      `SELECT ${[subject, 'row_id', ...columns.map(({ name }) => quoted(name))].join(', ')} FROM results.${quoted(table)} made`,
    );
  // Bytes, not a language: another collation would make another file of the same rows.
  const isText = (name: string): boolean =>
    columns.some((column) => column.name === name && column.type === 'text');
  const keys = key.map((name) => `${quoted(name)}${isText(name) ? ' COLLATE "C"' : ''}`);
  const order = rawSql([subject, ...keys, 'row_id'].join(', '));
  const ofSubjects =
    rowsOf === 'item'
      ? sql`item_id IN (SELECT item_id FROM input_set_member WHERE input_set_id = ${inputSetId})`
      : sql`sub_group_id = (SELECT sub_group_id FROM run WHERE id = ${runId})`;
  await queryRows(
    manager,
    sql`
    DECLARE rows_of_run NO SCROLL CURSOR FOR
    SELECT (SELECT row_to_json(line)::text FROM (SELECT ${rawSql([subject, ...cells].join(', '))}) line) AS line
    FROM (
      ${from(relation)} WHERE made.run_id = ${runId}
      UNION ALL
      ${from(`${relation}__history`)} WHERE made.run_id = ${runId} AND ${ofSubjects}
    ) found ORDER BY ${order}`,
  );
  for (let fetched = BATCH; fetched === BATCH;) {
    const rows = await queryRows<{ line: string }>(
      manager,
      sql`FETCH ${rawSql(String(BATCH))} FROM rows_of_run`,
    );
    fetched = rows.length;
    if (fetched > 0) yield rows.map(({ line }) => `${line}\n`).join('');
  }
  await queryRows(manager, sql`CLOSE rows_of_run`);
}
