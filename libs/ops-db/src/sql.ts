import { createHash } from 'node:crypto';
import type { SqlFragment } from '@meridian/core';
import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';

/**
 * Rows of any statement.
 *
 * TypeORM gives rows for SELECT and INSERT but `[rows, count]` for UPDATE and DELETE; every query goes through here
 * so that no caller has to know.
 */
export async function queryRows<Row>(manager: EntityManager, query: SqlFragment): Promise<Row[]> {
  const result: unknown = await manager.query(query.text, [...query.values]);
  const isTuple =
    Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
  return (isTuple ? result[0] : result) as Row[];
}

/**
 * Rows of a statement whose text is the same at every call: planned once a connection (within a transaction), where planning would take
 * longer than the statement. Not for text that depends on what users define: the server keeps every plan.
 */
export async function queryPrepared<Row>(manager: EntityManager, query: SqlFragment): Promise<Row[]> {
  const connection = (await manager.queryRunner?.connect()) as ClientBase | undefined;
  if (connection === undefined) return queryRows<Row>(manager, query);
  const name = createHash('sha1').update(query.text).digest('hex');
  const result = await connection.query({ name, text: query.text, values: [...query.values] });
  return result.rows as Row[];
}

/** The first row, or undefined. */
export const queryRow = async <Row>(manager: EntityManager, query: SqlFragment): Promise<Row | undefined> =>
  (await queryRows<Row>(manager, query))[0];
