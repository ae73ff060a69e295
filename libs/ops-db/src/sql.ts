import type { SqlFragment } from '@meridian/core';
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

/** The first row, or undefined. */
export const queryRow = async <Row>(manager: EntityManager, query: SqlFragment): Promise<Row | undefined> =>
  (await queryRows<Row>(manager, query))[0];
