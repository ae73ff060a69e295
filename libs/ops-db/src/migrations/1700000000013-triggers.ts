import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- A number of runs that may be active at once, whatever pipeline they belong to: licences, GPUs, a database that many steps read.
CREATE TABLE run_pool (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT run_pool_name_is_unique UNIQUE
    CONSTRAINT run_pool_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  slots integer NOT NULL CONSTRAINT run_pool_slots_is_positive CHECK (slots > 0),
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT run_pool_pause_names_who CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);

ALTER TABLE reduction_step
  -- {count: n} or {slots: {dim, values}, minimum}: what makes a sub-group complete. NULL: min_members alone does.
  ADD COLUMN expect jsonb CONSTRAINT step_expect_is_an_object CHECK (jsonb_typeof(expect) = 'object'),
  -- How long after its first member a sub-group is waited for that is not complete; NULL waits for ever.
  ADD COLUMN max_wait_seconds integer CONSTRAINT step_max_wait_is_not_negative CHECK (max_wait_seconds >= 0),
  ADD COLUMN associations jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT step_associations_is_a_list CHECK (jsonb_typeof(associations) = 'array'),
  ADD COLUMN pool text CONSTRAINT step_pool_exists REFERENCES run_pool (name),
  ADD COLUMN paused_at timestamptz,
  ADD COLUMN paused_by text,
  ADD COLUMN pause_reason text,
  ADD CONSTRAINT step_pause_names_who CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
  DROP CONSTRAINT step_group_by_is_a_list,
  ADD CONSTRAINT step_group_by_is_a_list_or_an_object CHECK (jsonb_typeof(group_by) IN ('array', 'object'));
CREATE INDEX step_by_pool ON reduction_step (pool) WHERE pool IS NOT NULL;

ALTER TABLE pipeline
  DROP CONSTRAINT pipeline_trigger_type_is_known,
  ADD CONSTRAINT pipeline_trigger_type_is_known CHECK (trigger_type IN ('CONTINUOUS', 'CRON', 'MANUAL')),
  -- {expression, timezone}: when a CRON pipeline is due.
  ADD COLUMN trigger_config jsonb,
  ADD CONSTRAINT cron_pipeline_says_when CHECK ((trigger_type = 'CRON') = (trigger_config IS NOT NULL)),
  -- The last due time that was fired, or when the pipeline got its schedule: what was due before is nobody's business.
  ADD COLUMN cron_due_at timestamptz,
  ADD CONSTRAINT cron_pipeline_has_a_beginning CHECK ((trigger_type = 'CRON') = (cron_due_at IS NOT NULL));

-- Step name -> parameters that the runs of this request get instead of the step's own.
ALTER TABLE trigger_request
  ADD COLUMN overrides jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT trigger_request_overrides_is_an_object CHECK (jsonb_typeof(overrides) = 'object');
`;

/** When steps run besides at once: at due times, when they are complete, as many as a pool has room for, and not while they are paused. */
export class Triggers1700000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE trigger_request DROP COLUMN overrides;
ALTER TABLE pipeline DROP COLUMN cron_due_at, DROP COLUMN trigger_config, DROP CONSTRAINT pipeline_trigger_type_is_known,
  ADD CONSTRAINT pipeline_trigger_type_is_known CHECK (trigger_type IN ('CONTINUOUS', 'MANUAL'));
ALTER TABLE reduction_step DROP CONSTRAINT step_group_by_is_a_list_or_an_object,
  ADD CONSTRAINT step_group_by_is_a_list CHECK (jsonb_typeof(group_by) = 'array'),
  DROP COLUMN paused_at, DROP COLUMN paused_by, DROP COLUMN pause_reason, DROP COLUMN pool, DROP COLUMN associations,
  DROP COLUMN max_wait_seconds, DROP COLUMN expect;
DROP TABLE run_pool;`);
  }
}
