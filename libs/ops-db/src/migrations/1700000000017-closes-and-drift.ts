import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- A step learns of a close as of any change: once it has seen its transaction.
ALTER TABLE grouping_close ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX grouping_close_by_transaction ON grouping_close (data_grouping_id, tx);
DROP INDEX grouping_close_by_grouping;
CREATE INDEX grouping_close_by_selection ON grouping_close (data_grouping_id, md5(selection::text), closed_at);

-- Which dims the closes of a grouping name: with these, those that concern one sub-group are looked up, however many there are.
CREATE TABLE grouping_close_shape (
  data_grouping_id bigint NOT NULL REFERENCES data_grouping,
  names text[] NOT NULL,
  PRIMARY KEY (data_grouping_id, names)
);
CREATE FUNCTION note_close_shapes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO grouping_close_shape (data_grouping_id, names)
  SELECT DISTINCT data_grouping_id, ARRAY(SELECT name FROM jsonb_object_keys(selection) name ORDER BY name) FROM closed
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER grouping_close_has_a_shape AFTER INSERT ON grouping_close
  REFERENCING NEW TABLE AS closed FOR EACH STATEMENT EXECUTE FUNCTION note_close_shapes();
INSERT INTO grouping_close_shape (data_grouping_id, names)
SELECT DISTINCT data_grouping_id, ARRAY(SELECT name FROM jsonb_object_keys(selection) name ORDER BY name) FROM grouping_close;

-- Sub-groups that were found to be other than the archive says: each is a defect. Kept apart from the evaluation, which may be forgotten.
CREATE TABLE evaluation_drift (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step_id bigint NOT NULL REFERENCES reduction_step ON DELETE CASCADE,
  sub_groups integer NOT NULL CHECK (sub_groups > 0),
  found_at timestamptz NOT NULL
);
CREATE INDEX evaluation_drift_by_step ON evaluation_drift (step_id, found_at);
INSERT INTO evaluation_drift (step_id, sub_groups, found_at) SELECT step_id, drift_count, reconciled_at FROM step_evaluation WHERE drift_count > 0;
ALTER TABLE step_evaluation DROP COLUMN drift_count;

-- In the order of ids: a page of those in one state is read from where it begins.
DROP INDEX sub_group_by_state;
CREATE INDEX sub_group_by_state ON sub_group (step_id, state, id);
`;

const DOWN = `
DROP INDEX sub_group_by_state;
CREATE INDEX sub_group_by_state ON sub_group (step_id, state);
ALTER TABLE step_evaluation ADD COLUMN drift_count bigint NOT NULL DEFAULT 0;
UPDATE step_evaluation SET drift_count = found.sub_groups
FROM (SELECT step_id, sum(sub_groups) AS sub_groups FROM evaluation_drift GROUP BY step_id) found WHERE found.step_id = step_evaluation.step_id;
DROP TABLE evaluation_drift;
DROP TRIGGER grouping_close_has_a_shape ON grouping_close;
DROP FUNCTION note_close_shapes();
DROP TABLE grouping_close_shape;
DROP INDEX grouping_close_by_selection;
CREATE INDEX grouping_close_by_grouping ON grouping_close (data_grouping_id, closed_at DESC);
DROP INDEX grouping_close_by_transaction;
ALTER TABLE grouping_close DROP COLUMN tx;
`;

/** A close has those sub-groups judged that it may concern, and is found by its selection; drift is noted with its time. */
export class ClosesAndDrift1700000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
