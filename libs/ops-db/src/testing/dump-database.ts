import { rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Every row of every table, as text and in an order of its own, and where every sequence stands: two that are equal are the same database. */
export async function dumpDatabase(manager: EntityManager): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = await queryRows<{ name: string }>(
    manager,
    sql`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const dump = new Map<string, readonly string[]>();
  for (const { name } of tables) {
    const rows = await queryRows<{ line: string }>(
      manager,
      sql`SELECT row::text AS line FROM ${rawSql(name)} AS row ORDER BY 1`,
    );
    dump.set(
      name,
      rows.map(({ line }) => line),
    );
  }
  const sequences = await queryRows<{ line: string }>(
    manager,
    sql`SELECT format('%I.%I at %s', schemaname, sequencename, last_value) AS line FROM pg_sequences ORDER BY 1`,
  );
  return dump.set(
    'sequences',
    sequences.map(({ line }) => line),
  );
}
