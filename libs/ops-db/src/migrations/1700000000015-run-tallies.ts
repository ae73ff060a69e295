import type { MigrationInterface, QueryRunner } from 'typeorm';

const LISTS = `
-- A list of runs goes down one of these, whatever the statistics say (list-runs.sql.ts). All of them ascend, so that a comparison of rows
-- is one range of the index; id is their last column, so that a page deep in the middle begins where it is.
DROP INDEX run_by_pipeline, run_by_step;
CREATE INDEX run_by_pipeline ON run (pipeline_id, id);
CREATE INDEX run_by_step ON run (step_id, id);
CREATE INDEX run_by_step_and_status ON run (step_id, status, id);
CREATE INDEX run_by_status ON run (status, id);
`;

const TALLIES = `
-- Runs by step and status. The sum of both tables is exact at every moment: a transaction that changes runs only ever appends what it
-- changed, so that nobody waits for a row that everybody counts in, and now and then a pass adds the changes up (fold-run-tallies.sql.ts).
-- No foreign keys: the triggers copy from a run that has them, and checking them again would cost every run.
CREATE TABLE run_tally (
  step_id bigint NOT NULL,
  status text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (step_id, status)
);
CREATE TABLE run_tally_change (
  step_id bigint NOT NULL,
  status text NOT NULL,
  -- How many runs more there are; negative is fewer.
  count bigint NOT NULL
);

CREATE FUNCTION tally_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO run_tally_change SELECT step_id, status, count(*) FROM new_rows GROUP BY step_id, status;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO run_tally_change SELECT step_id, status, -count(*) FROM old_rows GROUP BY step_id, status;
  ELSE
    INSERT INTO run_tally_change
      SELECT step_id, status, sum(n)
      FROM (SELECT step_id, status, 1 AS n FROM new_rows UNION ALL SELECT step_id, status, -1 FROM old_rows) AS moved
      GROUP BY step_id, status HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER new_run_is_tallied AFTER INSERT ON run REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_runs();
CREATE TRIGGER changed_run_is_tallied AFTER UPDATE ON run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_runs();
CREATE TRIGGER deleted_run_is_tallied AFTER DELETE ON run REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_runs();
-- Creating a trigger keeps writers out until this migration is committed: nothing is counted twice or not at all.
INSERT INTO run_tally SELECT step_id, status, count(*) FROM run GROUP BY step_id, status;
`;

const TRIGGERS = `
-- A connection plans a trigger's statements when it first moves a run, mostly one alone, and keeps the plan: old and new rows of thousands
-- would be compared pair by pair ever after. A trigger that looks for one illegal move plans so in any case.
ALTER FUNCTION record_run_moves() SET enable_nestloop = off;
ALTER FUNCTION record_run_outcomes() SET enable_nestloop = off;
ALTER FUNCTION record_sub_group_changes() SET enable_nestloop = off;
`;

/** What a list of runs and a count of them are read from when there are millions, and triggers that moving thousands at once does not slow. */
export class RunTallies1700000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LISTS);
    await runner.query(TALLIES);
    await runner.query(TRIGGERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER FUNCTION record_run_moves() RESET enable_nestloop;
ALTER FUNCTION record_run_outcomes() RESET enable_nestloop;
ALTER FUNCTION record_sub_group_changes() RESET enable_nestloop;
DROP TRIGGER new_run_is_tallied ON run;
DROP TRIGGER changed_run_is_tallied ON run;
DROP TRIGGER deleted_run_is_tallied ON run;
DROP FUNCTION tally_runs();
DROP TABLE run_tally_change, run_tally;
DROP INDEX run_by_status, run_by_step_and_status, run_by_step, run_by_pipeline;
CREATE INDEX run_by_pipeline ON run (pipeline_id, id DESC);
CREATE INDEX run_by_step ON run (step_id, id DESC);`);
  }
}
