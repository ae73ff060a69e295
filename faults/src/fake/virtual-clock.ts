/**
 * A clock that a database shows instead of its own, to statements that say `now()` and to columns that default to it.
 *
 * Meridian's statements stay as they are: functions of this schema are found before PostgreSQL's by the database's search path.
 * So hours of leases and back-off pass in no time, to the same effect in every repetition.
 */
export const VIRTUAL_CLOCK = `
CREATE SCHEMA faults;
CREATE TABLE faults.clock (at timestamptz NOT NULL);
INSERT INTO faults.clock VALUES (pg_catalog.now());
CREATE FUNCTION faults.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM faults.clock';
CREATE FUNCTION faults.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM faults.clock';
DO $$
DECLARE defaulted record;
BEGIN
  FOR defaulted IN SELECT table_name, column_name FROM information_schema.columns
                   WHERE table_schema = 'public' AND column_default IN ('now()', 'clock_timestamp()') LOOP
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET DEFAULT faults.now()', defaulted.table_name, defaulted.column_name);
  END LOOP;
END $$;
`;
