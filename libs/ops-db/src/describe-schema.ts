import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from './sql.js';

/**
 * The schema `public` as SQL text, the same for the same schema whatever the order of its making: tables with their
 * columns and constraints, indexes, functions, triggers, each sorted by name.
 *
 * It is made from PostgreSQL's own definitions (`pg_get_*def`), for reading and for comparing; it is not a dump to restore.
 */
export async function describeSchema(manager: EntityManager): Promise<string> {
  const rows = await queryRows<{ text: string }>(
    manager,
    sql`
    WITH relation AS (
      SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migration'
    ),
    line AS (
      SELECT relation.oid, a.attnum AS position, format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END,
        CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
             WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END,
        CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END) AS text
      FROM relation JOIN pg_attribute a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      UNION ALL
      SELECT relation.oid, 10000 + row_number() OVER (PARTITION BY relation.oid ORDER BY c.contype, c.conname),
        format('  CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid))
      FROM relation JOIN pg_constraint c ON c.conrelid = relation.oid AND c.contype <> 'n'
    ),
    part AS (
      SELECT 1 AS kind, relname AS name, format(E'CREATE TABLE %I (\n%s\n);', relname,
        (SELECT string_agg(line.text, E',\n' ORDER BY position) FROM line WHERE line.oid = relation.oid)) AS text FROM relation
      UNION ALL
      SELECT 2, i.relname, pg_get_indexdef(i.oid) || ';'
      FROM relation JOIN pg_index x ON x.indrelid = relation.oid JOIN pg_class i ON i.oid = x.indexrelid
      WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
      UNION ALL
      SELECT 3, proname, pg_get_functiondef(oid) || ';' FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
      UNION ALL
      SELECT 3, proname, format('CREATE AGGREGATE %s (SFUNC = %s, STYPE = %s, COMBINEFUNC = %s);', p.oid::regprocedure, a.aggtransfn,
        a.aggtranstype::regtype, a.aggcombinefn)
      FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.pronamespace = 'public'::regnamespace
      UNION ALL
      SELECT 4, t.tgname, pg_get_triggerdef(t.oid) || ';' FROM relation JOIN pg_trigger t ON t.tgrelid = relation.oid AND NOT t.tgisinternal
    )
    SELECT text FROM part ORDER BY kind, name COLLATE "C"`,
  );
  return rows.map((row) => row.text).join('\n\n') + '\n';
}
