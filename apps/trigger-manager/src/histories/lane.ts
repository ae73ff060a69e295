import { rawSql, sql } from '@meridian/core';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import { openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import type { DataSource, EntityManager } from 'typeorm';

/** When every history begins. */
export const BEGINNING = new Date('2026-03-01T12:00:00Z');

/**
 * A clock that the database shows instead of its own, to statements that say `now()` and to columns that default to it:
 * functions of this schema are found before PostgreSQL's by the search path, so hours of settling pass in no time.
 */
const VIRTUAL_CLOCK = `
CREATE SCHEMA histories;
CREATE TABLE histories.clock (at timestamptz NOT NULL);
INSERT INTO histories.clock VALUES (pg_catalog.now());
CREATE SEQUENCE histories.names;
CREATE FUNCTION histories.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM histories.clock';
CREATE FUNCTION histories.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM histories.clock';
DO $$
DECLARE defaulted record;
BEGIN
  FOR defaulted IN SELECT table_name, column_name FROM information_schema.columns
                   WHERE table_schema = 'public' AND column_default IN ('now()', 'clock_timestamp()') LOOP
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET DEFAULT histories.now()', defaulted.table_name, defaulted.column_name);
  END LOOP;
END $$`;

/** A database that histories are played in, one after the other. */
export class Lane {
  private constructor(
    readonly dataSource: DataSource,
    /** Ends the connections and drops the database. */
    readonly close: () => Promise<void>,
    private readonly emptying: string,
  ) {}

  static async open(): Promise<Lane> {
    const database = await openTestDatabase(1);
    const setUp = (text: string): Promise<unknown[]> =>
      queryRows(database.dataSource.manager, sql`${rawSql(text)}`);
    await setUp(VIRTUAL_CLOCK);
    const name = new URL(database.url).pathname.slice(1);
    for (const setting of [
      'search_path = histories, pg_catalog, public',
      // A history that waits for a lock waits for itself.
      `lock_timeout = '25ms'`,
      // A table is cut off under a lock that reading waits for: on a busy machine for longer than that. Older servers have no such setting.
      ...(await knownSettings(database, ['vacuum_truncate'])).map((name) => `${name} = off`),
      // Tables of some rows: any plan will do, and to look for the best one takes longer than it saves.
      'jit = off',
      'join_collapse_limit = 1',
      'from_collapse_limit = 1',
      'synchronous_commit = off',
    ]) {
      await setUp(`ALTER DATABASE ${name} SET ${setting}`);
    }
    const row = await queryRow<{ emptying: string }>(database.dataSource.manager, FILLED_BY_HISTORIES);
    const dataSource = await opsDataSource({
      url: database.url,
      applicationName: 'meridian-histories',
      poolSize: 10,
    }).initialize();
    const close = async (): Promise<void> => {
      await dataSource.destroy();
      await database.close();
    };
    return new Lane(dataSource, close, row?.emptying ?? '');
  }

  get db(): EntityManager {
    return this.dataSource.manager;
  }

  /** Removes what the history before left, and sets the clock to the beginning. */
  async empty(): Promise<void> {
    await this.db.transaction(async (inside) => {
      // Without triggers and foreign keys: this is no change that anybody is to hear of.
      await queryRows(inside, sql`SET LOCAL session_replication_role = replica`);
      await queryRows(inside, sql`${rawSql(this.emptying)}`);
    });
    await this.showTime(BEGINNING);
  }

  showTime = (at: Date): Promise<unknown[]> => queryRows(this.db, sql`UPDATE histories.clock SET at = ${at}`);
}

/** What empties every table that a migration left empty. */
const FILLED_BY_HISTORIES = sql`
  SELECT string_agg(format('DELETE FROM public.%I', relname), '; ') AS emptying
  FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM public.%I', relname), false, true, '')))[1]::text = '0'`;

async function knownSettings(database: TestDatabase, names: readonly string[]): Promise<string[]> {
  const rows = await queryRows<{ name: string }>(
    database.dataSource.manager,
    sql`SELECT name FROM pg_settings WHERE name = ANY(${names}::text[])`,
  );
  return rows.map(({ name }) => name);
}
