import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Where this database lives: written by the first process that works with it, and by whoever says that it took the place of another.
ALTER TABLE installation ADD COLUMN home text;

-- Which server, which of its databases, and which of the tables that were ever in it: a dump that is restored has another home, a replica that takes
-- over has the same.
CREATE FUNCTION database_home() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  server text := 'server';
BEGIN
  BEGIN
    SELECT system_identifier INTO server FROM pg_control_system();
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  RETURN format('%s/%s/%s', server, (SELECT oid FROM pg_database WHERE datname = current_database()), 'installation'::regclass::oid);
END $$;

-- Another server counts its transactions anew: what the feeds and snapshots of the old one say of them is wrong here, so every step is evaluated
-- from scratch. What was made after the dump is on disk, under numbers that must not be given again.
CREATE FUNCTION move_into_home(numbers_left_out bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM installation WHERE home <> database_home() FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM step_evaluation;
  DELETE FROM data_item_change;
  DELETE FROM sub_group_change;
  DELETE FROM relation_change;
  UPDATE grouping_close SET tx = pg_current_xact_id();
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + numbers_left_out)
    FROM pg_sequences WHERE schemaname !~ '^pg_' AND data_type = 'bigint'::regtype;
  DELETE FROM daemon_heartbeat;
  UPDATE installation SET home = database_home();
  RETURN true;
END $$;
`;

const DOWN = `
DROP FUNCTION move_into_home(bigint);
DROP FUNCTION database_home();
ALTER TABLE installation DROP COLUMN home;
`;

/** Tells a database that was restored from a dump from the one that was dumped. */
export class Home1700000000028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
