import { joinSql, rawSql, sql, type JsonScalar, type ResultColumn, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';
import { dimsMatch, type DimsQuery } from '../dims-match.js';
import type { ResultTableRow } from './find-result-table.sql.js';

export interface ResultRowsQuery {
  readonly table: ResultTableRow;
  /** Of the subjects, of which the rows are wanted. */
  readonly dims: DimsQuery;
  /** Rows whose inputs or recipe have changed since, too. */
  readonly includeStale: boolean;
  /** Dimensions that are columns of their own. */
  readonly shownDims: readonly string[];
}

/** A row in the order of `resultColumns`; whole numbers of 64 bits and times are texts. */
export type ResultCells = readonly JsonScalar[];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** How many rows there are, and how long the longest text of each text column is, in bytes. */
export interface ResultExtent {
  readonly rows: number;
  readonly widths: Readonly<Record<string, number>>;
}

const subjectOf = ({ rowsOf }: ResultTableRow): string => (rowsOf === 'item' ? 'item_id' : 'sub_group_id');

/** What describes a row, before the columns that software declares. */
export const describingColumns = (query: ResultRowsQuery): ResultColumn[] => {
  const column = (name: string, type: ResultColumn['type'], description: string): ResultColumn => ({
    ...{ name, type, description, unit: '', section: 'Identity', nullable: true, bits: [] },
  });
  const { rowsOf } = query.table;
  return [
    column(
      subjectOf(query.table),
      'int64',
      rowsOf === 'item' ? 'the input that it is about' : 'the sub-group that it is about',
    ),
    ...(rowsOf === 'item' ? [column('item', 'text', 'name of the input')] : []),
    column('software_version', 'text', 'what measured it'),
    column('run_id', 'int64', 'the run that measured it'),
    ...(query.includeStale
      ? [column('is_stale', 'boolean', 'its inputs or its recipe have changed since')]
      : []),
    ...query.shownDims.map((name) => column(`dim_${name}`, 'text', `dimension ${name}`)),
  ];
};

const cellOf = ({ name, type }: ResultColumn, of: string): SqlFragment => {
  const value = rawSql(`${of}.${quoted(name)}`);
  if (type === 'int64') return sql`${value}::text`;
  if (type !== 'timestamp') return sql`${value}`;
  return sql`to_char(${value} AT TIME ZONE 'UTC', ${rawSql(`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`)})`;
};

/** The expressions of all columns, `c0`, `c1`, …, over the alias `found`. */
function cells(query: ResultRowsQuery): SqlFragment {
  const { table, shownDims, includeStale } = query;
  const describing = [
    sql`${rawSql(`found.${subjectOf(table)}`)}::text`,
    ...(table.rowsOf === 'item' ? [sql`item.name`] : []),
    sql`found.software_version`,
    sql`found.run_id::text`,
    ...(includeStale ? [sql`found.is_stale`] : []),
    ...shownDims.map((name) => sql`found.dims ->> ${name}::text`),
  ];
  const all = [...describing, ...table.columns.map((column) => cellOf(column, 'found'))];
  return joinSql(
    all.map((expression, index) => sql`${expression} AS ${rawSql(`c${index}`)}`),
    ', ',
  );
}

function from({ table, dims, includeStale }: ResultRowsQuery): SqlFragment {
  const items = table.rowsOf === 'item' ? 'JOIN data_item item ON item.id = found.item_id' : '';
  return sql`FROM ${rawSql(`results.${quoted(`${table.relation}__current`)} found ${items}`)}
    WHERE ${dimsMatch(rawSql('found.dims'), dims)} AND (${includeStale}::boolean OR NOT found.is_stale)`;
}

export async function measureResultRows(
  manager: EntityManager,
  query: ResultRowsQuery,
): Promise<ResultExtent> {
  const texts = [...describingColumns(query), ...query.table.columns].flatMap(({ type }, index) =>
    type === 'text' ? [index] : [],
  );
  const widths = joinSql(
    texts.map((index) => sql`${rawSql(`'c${index}', coalesce(max(octet_length(c${index})), 0)`)}`),
    ', ',
  );
  const row = await queryRow<ResultExtent>(
    manager,
    sql`SELECT count(*)::int AS rows, jsonb_build_object(${widths}) AS widths FROM (SELECT ${cells(query)} ${from(query)}) row`,
  );
  if (row === undefined) throw new Error('a count returned no row');
  return row;
}

/**
 * The present rows of a table, in the order of their subjects and of the key, `batch` at a time: memory is that of a batch, however many
 * there are. Call it within a transaction; what it reads is one snapshot of its own.
 */
export async function* readResultRows(
  manager: EntityManager,
  query: ResultRowsQuery,
  batch: number,
): AsyncGenerator<readonly ResultCells[]> {
  const { table } = query;
  const order = [subjectOf(table), ...table.key, 'row_id'].map((name) => `found.${quoted(name)}`).join(', ');
  const width = describingColumns(query).length + table.columns.length;
  await queryRows(
    manager,
    sql`DECLARE result_rows NO SCROLL CURSOR FOR SELECT ${cells(query)} ${from(query)} ORDER BY ${rawSql(order)}`,
  );
  for (let fetched = batch; fetched === batch;) {
    const rows = await queryRows<Record<string, JsonScalar>>(
      manager,
      sql`FETCH ${rawSql(String(batch))} FROM result_rows`,
    );
    fetched = rows.length;
    if (fetched > 0)
      yield rows.map((row) => Array.from({ length: width }, (_, index) => row[`c${index}`] ?? null));
  }
  await queryRows(manager, sql`CLOSE result_rows`);
}
