import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Results that are not current, newest first: what --stale lists, however many there are that are.
CREATE INDEX sub_group_with_stale_result ON sub_group (last_completed_run_id DESC) WHERE last_completed_run_id IS NOT NULL AND state <> 'current';
CREATE INDEX superseded_product ON data_product (run_id DESC, item_id DESC) WHERE superseded_at IS NOT NULL;

-- Rows of a run that later steps take as an input: a product whose bytes are made from the rows when they are wanted.
ALTER TABLE data_product DROP CONSTRAINT data_product_type_is_known, ADD CONSTRAINT data_product_type_is_known
  CHECK (type IN ('SCIENCE', 'QA_METRIC', 'PLOT', 'STATISTICS', 'LOG', 'INTERMEDIATE', 'TABLE', 'OTHER'));

-- Sub-groups whose newest work failed, each with the failure that nothing has healed since. A run that is tried again is none until it ends.
CREATE TABLE open_failure (
  sub_group_id bigint PRIMARY KEY REFERENCES sub_group ON DELETE CASCADE,
  run_id bigint NOT NULL REFERENCES run ON DELETE CASCADE
);
CREATE INDEX open_failure_by_run ON open_failure (run_id DESC);

-- The same of items: of each step that fills tables, those of which it last said that they failed, or said nothing.
CREATE TABLE open_item_failure (
  step_id bigint NOT NULL REFERENCES reduction_step ON DELETE CASCADE,
  item_id bigint NOT NULL REFERENCES data_item ON DELETE CASCADE,
  run_id bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  PRIMARY KEY (step_id, item_id)
);
CREATE INDEX open_item_failure_by_run ON open_item_failure (run_id DESC, item_id DESC);

-- By arrays and their indexes: a join would read all that is open for each run that ends.
CREATE FUNCTION open_and_heal_failures() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE status = 'FAILED') THEN
    DELETE FROM open_failure WHERE run_id = ANY (ARRAY(
      SELECT n.id FROM new_rows n JOIN old_rows o USING (id) WHERE o.status = 'FAILED' AND n.status <> 'FAILED'));
  END IF;
  IF EXISTS (SELECT FROM new_rows WHERE status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS')) THEN
    DELETE FROM open_failure WHERE sub_group_id = ANY (ARRAY(
      SELECT n.sub_group_id FROM new_rows n WHERE n.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS')))
      AND EXISTS (SELECT FROM new_rows n WHERE n.sub_group_id = open_failure.sub_group_id AND n.id >= open_failure.run_id);
  END IF;
  IF EXISTS (SELECT FROM new_rows WHERE status = 'FAILED') THEN
    INSERT INTO open_failure AS known (sub_group_id, run_id)
      SELECT n.sub_group_id, max(n.id) FROM new_rows n JOIN old_rows o USING (id)
      WHERE n.status = 'FAILED' AND o.status <> 'FAILED' GROUP BY n.sub_group_id
      ON CONFLICT (sub_group_id) DO UPDATE SET run_id = excluded.run_id WHERE excluded.run_id > known.run_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ended_run_opens_and_heals_failures AFTER UPDATE ON run
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION open_and_heal_failures();

INSERT INTO open_failure (sub_group_id, run_id)
  SELECT run.sub_group_id, max(run.id) FROM run JOIN sub_group ON sub_group.id = run.sub_group_id
  WHERE run.status = 'FAILED' AND run.id > coalesce(sub_group.last_completed_run_id, 0) GROUP BY 1;
INSERT INTO open_item_failure (step_id, item_id, run_id)
  SELECT step_id, item_id, run_id FROM (
    SELECT DISTINCT ON (run.step_id, said.item_id) run.step_id, said.item_id, said.run_id, said.outcome
    FROM item_outcome said JOIN run ON run.id = said.run_id ORDER BY run.step_id, said.item_id, said.run_id DESC
  ) last WHERE outcome IN ('failed', 'missing');
`;

const DOWN = `
DROP TRIGGER ended_run_opens_and_heals_failures ON run;
DROP FUNCTION open_and_heal_failures();
DROP TABLE open_item_failure, open_failure;
ALTER TABLE data_product DROP CONSTRAINT data_product_type_is_known, ADD CONSTRAINT data_product_type_is_known
  CHECK (type IN ('SCIENCE', 'QA_METRIC', 'PLOT', 'STATISTICS', 'LOG', 'INTERMEDIATE', 'OTHER')) NOT VALID;
DROP INDEX superseded_product, sub_group_with_stale_result;
`;

/** What is not current, and what failed and was not healed: found without looking at all that is well. */
export class Currency1700000000026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
