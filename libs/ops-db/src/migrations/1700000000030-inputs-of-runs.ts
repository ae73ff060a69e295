import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The primary key of runs made anew, with all that refers to it. */
const remakeKey = (definition: string): string => `
DO $$
DECLARE
  referring record;
  again text[] := '{}';
BEGIN
  FOR referring IN
    SELECT conrelid::regclass AS relation, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE contype = 'f' AND confrelid = 'run'::regclass ORDER BY conrelid::regclass::text, conname
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', referring.relation, referring.conname);
    again := again || format('ALTER TABLE %s ADD CONSTRAINT %I %s', referring.relation, referring.conname, referring.definition);
  END LOOP;
  ALTER TABLE run DROP CONSTRAINT run_pkey;
  ALTER TABLE run ADD CONSTRAINT run_pkey ${definition};
  FOR n IN 1..cardinality(again) LOOP EXECUTE again[n]; END LOOP;
END $$`;

/** A walk of the lineage finds what a run used without reading the run, which is the largest row that it would read. */
export class InputsOfRuns1700000000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(remakeKey('PRIMARY KEY (id) INCLUDE (input_set_id)'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(remakeKey('PRIMARY KEY (id)'));
  }
}
