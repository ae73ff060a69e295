import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Which installation of Meridian this database is. Part of every job's name, so that two databases that use one cluster as the
-- same user, or one database after it was made anew, never take each other's jobs for their own. Written once, here.
CREATE TABLE installation (
  id text PRIMARY KEY CONSTRAINT installation_id_fits_a_job_name CHECK (id ~ '^[a-z0-9]{4,16}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  is_only_row boolean NOT NULL DEFAULT true CONSTRAINT there_is_one_installation UNIQUE CHECK (is_only_row)
);
INSERT INTO installation (id) VALUES (substr(replace(gen_random_uuid()::text, '-', ''), 1, 8));
`;

/** The name under which this database's jobs run. */
export class Installation1700000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE installation`);
  }
}
