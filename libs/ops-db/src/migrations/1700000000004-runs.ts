import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- Content-addressed documents: thousands of runs share one row.
CREATE TABLE recipe (
  hash text PRIMARY KEY CONSTRAINT recipe_hash_is_sha256 CHECK (hash ~ '^[0-9a-f]{64}$'),
  document jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- Frozen inputs, shared by runs with the same members. The key is the fingerprint of the members and their number.
CREATE TABLE input_set (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint text NOT NULL,
  member_count integer NOT NULL CONSTRAINT input_set_has_members CHECK (member_count > 0),
  size_bytes bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT input_set_is_stored_once UNIQUE (fingerprint, member_count)
);
CREATE TABLE input_set_member (
  input_set_id bigint NOT NULL REFERENCES input_set,
  item_id bigint NOT NULL REFERENCES data_item,
  content_hash text NOT NULL,
  PRIMARY KEY (input_set_id, item_id)
);
CREATE INDEX input_set_member_by_item ON input_set_member (item_id);

CREATE TABLE sub_group (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step_id bigint NOT NULL REFERENCES reduction_step,
  -- First 16 hexadecimal digits of the SHA-256 of dims::text.
  key text NOT NULL,
  -- The values of the step's group_by: what identifies the sub-group.
  dims jsonb NOT NULL,
  -- Every dimension on which all members agree, dims included: what a run and its products inherit.
  common_dims jsonb NOT NULL DEFAULT '{}',
  member_count integer NOT NULL DEFAULT 0,
  member_bytes bigint NOT NULL DEFAULT 0,
  input_fingerprint text NOT NULL DEFAULT '00000000000000000000000000000000',
  last_member_at timestamptz,
  state text NOT NULL DEFAULT 'missing' CONSTRAINT sub_group_state_is_known CHECK (state IN
    ('current', 'missing', 'stale', 'incomplete', 'blocked', 'settling', 'cooling_down', 'running', 'failed', 'waived', 'paused')),
  causes text[] NOT NULL DEFAULT '{}' CONSTRAINT sub_group_causes_are_known CHECK (causes <@ ARRAY
    ['input_added', 'input_removed', 'input_changed', 'software', 'config', 'upstream_remade', 'calibration_superseded', 'forced']),
  -- What stands in the way, in words and numbers: {missing_dims, needed}, {blocked_by}, {failure_class, attempts}, {by, reason}
  detail jsonb NOT NULL DEFAULT '{}',
  -- When settling or cooling_down ends.
  until timestamptz,
  last_run_id bigint,
  last_completed_run_id bigint,
  last_fired_at timestamptz,
  forced_at timestamptz,
  forced_by text,
  waived_at timestamptz,
  waived_by text,
  waived_reason text,
  state_since timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sub_group_is_unique_per_step UNIQUE (step_id, key),
  CONSTRAINT sub_group_waiver_names_who_and_why
    CHECK (num_nonnulls(waived_at, waived_by, waived_reason) IN (0, 3)),
  CONSTRAINT waiting_sub_group_says_until_when CHECK ((state IN ('settling', 'cooling_down')) = (until IS NOT NULL)),
  CONSTRAINT only_stale_sub_groups_have_causes CHECK (cardinality(causes) = 0 OR state <> 'current')
);
CREATE INDEX sub_group_by_state ON sub_group (step_id, state);
CREATE INDEX sub_group_by_due_time ON sub_group (until) WHERE until IS NOT NULL;

-- One standing request of a person for a MANUAL pipeline (or a forced re-run of any): open until nothing of its selection is left to do.
CREATE TABLE trigger_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline_id bigint NOT NULL REFERENCES pipeline,
  -- Sub-groups whose common dims contain these; {} selects all.
  selection jsonb NOT NULL DEFAULT '{}',
  step_names text[],
  force boolean NOT NULL DEFAULT false,
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz
);
CREATE INDEX open_trigger_request ON trigger_request (pipeline_id) WHERE closed_at IS NULL;
CREATE TRIGGER trigger_request_asks_for_evaluation AFTER INSERT ON trigger_request
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();

CREATE TABLE run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline_id bigint NOT NULL REFERENCES pipeline,
  step_id bigint NOT NULL REFERENCES reduction_step,
  sub_group_id bigint NOT NULL REFERENCES sub_group,
  location_id bigint NOT NULL REFERENCES data_location,
  software_version_id bigint NOT NULL REFERENCES reduction_software_version,
  input_set_id bigint NOT NULL REFERENCES input_set,
  status text NOT NULL DEFAULT 'PENDING' CONSTRAINT run_status_is_known CHECK (status IN
    ('PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS', 'COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED', 'CANCELLED')),
  priority integer NOT NULL DEFAULT 0,
  causes text[] NOT NULL DEFAULT '{}',
  dims jsonb NOT NULL DEFAULT '{}',
  input_fingerprint text NOT NULL,
  recipe_hash text NOT NULL REFERENCES recipe,
  software_hash text NOT NULL,
  config_hash text NOT NULL,
  -- Effective parameters of every role; the identity ones are in the recipe too.
  config jsonb NOT NULL,
  -- The newest attempt's number; 0 until the first intent is committed.
  attempt integer NOT NULL DEFAULT 0,
  -- What the next attempt asks for: the step's resources, escalated by earlier failures.
  cpus integer NOT NULL,
  memory_mb integer NOT NULL,
  walltime_minutes integer NOT NULL,
  not_before timestamptz NOT NULL DEFAULT now(),
  -- How often it failed since a person last asked for it: the retry budget counts this, not attempts.
  failure_count integer NOT NULL DEFAULT 0,
  lease_owner text,
  lease_expires_at timestamptz,
  waiting_reason text,
  failure_class text CONSTRAINT run_failure_class_is_known CHECK (failure_class IN
    ('INFRASTRUCTURE', 'MEMORY', 'WALLTIME', 'STAGING', 'SOFTWARE', 'BAD_DATA', 'TRANSIENT', 'CONTRACT', 'COLLECTION', 'CANCELLED_EXTERNALLY')),
  failure_reason text,
  cancel_requested_at timestamptz,
  cancel_requested_by text,
  cancel_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT terminal_run_has_finished_at CHECK
    ((status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL)),
  CONSTRAINT failed_run_says_why CHECK ((status = 'FAILED') <= (failure_class IS NOT NULL AND failure_reason IS NOT NULL)),
  CONSTRAINT lease_has_owner_and_expiry CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL)),
  CONSTRAINT only_worked_on_runs_are_leased CHECK (lease_owner IS NULL OR status IN ('STAGING_DATA', 'SUBMITTING', 'COLLECTING_RESULTS'))
);
CREATE UNIQUE INDEX one_active_run_per_sub_group ON run (sub_group_id)
  WHERE status IN ('PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS');
CREATE INDEX pending_run_by_urgency ON run (location_id, priority DESC, id) WHERE status = 'PENDING';
CREATE INDEX active_run_by_status ON run (status, location_id, id)
  WHERE status IN ('STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS');
CREATE INDEX run_by_pipeline ON run (pipeline_id, id DESC);
CREATE INDEX run_by_step ON run (step_id, id DESC);
CREATE INDEX run_by_sub_group ON run (sub_group_id, id DESC);
CREATE INDEX run_by_input_set ON run (input_set_id);
CREATE INDEX cancelled_run_to_stop ON run (id) WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL;

CREATE TABLE attempt (
  run_id bigint NOT NULL REFERENCES run,
  number integer NOT NULL CONSTRAINT attempt_number_is_positive CHECK (number > 0),
  token text NOT NULL CONSTRAINT attempt_token_is_unique UNIQUE,
  job_id text,
  -- Relative to the location's base_path.
  directory text NOT NULL,
  cpus integer NOT NULL,
  memory_mb integer NOT NULL,
  walltime_minutes integer NOT NULL,
  intended_at timestamptz NOT NULL DEFAULT now(),
  submitted_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  host text,
  -- How the site says the job ended; NULL when it did not say, and only the job's own record tells.
  end_state text,
  exit_code integer,
  cpu_seconds double precision,
  peak_memory_mb double precision,
  elapsed_seconds double precision,
  failure_class text,
  reason text,
  PRIMARY KEY (run_id, number),
  CONSTRAINT job_id_comes_with_submission CHECK ((job_id IS NULL) = (submitted_at IS NULL))
);
CREATE INDEX attempt_by_job ON attempt (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE run_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES run,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  from_status text,
  to_status text NOT NULL,
  attempt integer NOT NULL,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX run_event_by_run ON run_event (run_id, id);

-- The legal moves; a row that is not here is refused, whoever asks. libs/core/src/run/run-status.ts is the same table.
CREATE TABLE run_transition (from_status text NOT NULL, to_status text NOT NULL, PRIMARY KEY (from_status, to_status));
INSERT INTO run_transition VALUES
  ('PENDING', 'STAGING_DATA'), ('PENDING', 'FAILED'), ('PENDING', 'CANCELLED'),
  ('STAGING_DATA', 'SUBMITTING'), ('STAGING_DATA', 'PENDING'), ('STAGING_DATA', 'FAILED'), ('STAGING_DATA', 'CANCELLED'),
  ('SUBMITTING', 'SUBMITTED'), ('SUBMITTING', 'FAILED'), ('SUBMITTING', 'CANCELLED'),
  ('SUBMITTED', 'RUNNING'), ('SUBMITTED', 'COLLECTING_RESULTS'), ('SUBMITTED', 'FAILED'), ('SUBMITTED', 'CANCELLED'),
  ('RUNNING', 'COLLECTING_RESULTS'), ('RUNNING', 'FAILED'), ('RUNNING', 'CANCELLED'),
  ('COLLECTING_RESULTS', 'COMPLETED'), ('COLLECTING_RESULTS', 'COMPLETED_WITH_WARNINGS'),
  ('COLLECTING_RESULTS', 'FAILED'), ('COLLECTING_RESULTS', 'CANCELLED'),
  ('FAILED', 'PENDING');

-- Every change of status is a legal move and leaves its event, in the same statement: nothing can move a run silently.
-- Who and why come from the run's own columns moved_by and moved_why, which the caller sets with the status.
ALTER TABLE run ADD COLUMN moved_by text NOT NULL DEFAULT 'unknown', ADD COLUMN moved_why text NOT NULL DEFAULT '';
CREATE FUNCTION record_run_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE illegal record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO run_event (run_id, actor, from_status, to_status, attempt, reason)
      SELECT id, moved_by, NULL, status, attempt, moved_why FROM new_rows;
  ELSE
    SELECT n.id, o.status AS from_status, n.status AS to_status INTO illegal
      FROM new_rows n JOIN old_rows o USING (id) LEFT JOIN run_transition t ON t.from_status = o.status AND t.to_status = n.status
      WHERE n.status <> o.status AND t.from_status IS NULL LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'run % cannot go from % to %', illegal.id, illegal.from_status, illegal.to_status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'run_transition_is_legal';
    END IF;
    INSERT INTO run_event (run_id, actor, from_status, to_status, attempt, reason)
      SELECT n.id, n.moved_by, o.status, n.status, n.attempt, n.moved_why
      FROM new_rows n JOIN old_rows o USING (id) WHERE n.status <> o.status ORDER BY n.id;
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  IF EXISTS (SELECT FROM new_rows WHERE status = 'PENDING') THEN PERFORM pg_notify('meridian_work', 'runs'); END IF;
  IF EXISTS (SELECT FROM new_rows WHERE status IN ('SUBMITTED', 'COLLECTING_RESULTS')) THEN PERFORM pg_notify('meridian_work', 'results'); END IF;
  IF EXISTS (SELECT FROM new_rows WHERE finished_at IS NOT NULL) THEN
    INSERT INTO evaluation_request (cause) VALUES ('run');
    PERFORM pg_notify('meridian_work', 'evaluate');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER run_insert_is_recorded AFTER INSERT ON run REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_run_moves();
CREATE TRIGGER run_move_is_legal_and_recorded AFTER UPDATE ON run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_run_moves();

CREATE TABLE data_product (
  item_id bigint PRIMARY KEY REFERENCES data_item,
  run_id bigint NOT NULL REFERENCES run,
  attempt integer NOT NULL,
  type text NOT NULL CONSTRAINT data_product_type_is_known CHECK (type IN
    ('SCIENCE', 'QA_METRIC', 'PLOT', 'STATISTICS', 'LOG', 'INTERMEDIATE', 'OTHER')),
  -- Relative to the attempt's output directory.
  path text NOT NULL,
  description text NOT NULL DEFAULT '',
  metrics jsonb NOT NULL DEFAULT '{}',
  superseded_at timestamptz,
  superseded_by_run_id bigint REFERENCES run,
  CONSTRAINT product_path_belongs_to_one_run UNIQUE (run_id, path),
  CONSTRAINT superseded_product_names_its_successor CHECK ((superseded_at IS NULL) = (superseded_by_run_id IS NULL))
);
CREATE TRIGGER data_product_is_immutable BEFORE UPDATE OF item_id, run_id, attempt, type, path, description, metrics
  ON data_product FOR EACH ROW EXECUTE FUNCTION refuse_update();

CREATE TABLE run_metric (
  run_id bigint NOT NULL REFERENCES run,
  name text NOT NULL,
  value double precision NOT NULL,
  unit text NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, name)
);
CREATE TABLE run_warning (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES run,
  attempt integer NOT NULL,
  code text NOT NULL,
  message text NOT NULL
);
CREATE INDEX run_warning_by_run ON run_warning (run_id);
ALTER TABLE sub_group
  ADD CONSTRAINT sub_group_last_run FOREIGN KEY (last_run_id) REFERENCES run,
  ADD CONSTRAINT sub_group_last_completed_run FOREIGN KEY (last_completed_run_id) REFERENCES run;
`;

/** What is missing (sub_group), what runs (run, attempt, run_event) and what came out of it (data_product). */
export class Runs1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE sub_group DROP CONSTRAINT sub_group_last_run, DROP CONSTRAINT sub_group_last_completed_run;
DROP TABLE run_warning, run_metric, data_product, run_transition, run_event, attempt, run, trigger_request, sub_group,
  input_set_member, input_set, recipe;
DROP FUNCTION record_run_moves();`);
  }
}
