import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE reduction_software (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT reduction_software_name_is_unique UNIQUE
    CONSTRAINT reduction_software_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE reduction_software_version (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  software_id bigint NOT NULL REFERENCES reduction_software,
  version text NOT NULL CONSTRAINT software_version_is_semantic CHECK (version ~ '^[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$'),
  -- A container image, or (host runtime) the folder of a program; the digest is of its bytes either way.
  image_ref text,
  host_directory text CONSTRAINT software_host_directory_is_absolute CHECK (host_directory LIKE '/%'),
  digest text NOT NULL CONSTRAINT software_digest_is_sha256 CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  command jsonb NOT NULL CONSTRAINT software_command_is_a_list CHECK (jsonb_typeof(command) = 'array' AND jsonb_array_length(command) > 0),
  environment jsonb NOT NULL DEFAULT '{}',
  config_schema jsonb NOT NULL DEFAULT '{}',
  exit_codes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT software_version_is_registered_once UNIQUE (software_id, version),
  CONSTRAINT software_version_has_an_image_or_a_directory CHECK (num_nonnulls(image_ref, host_directory) >= 1)
);
CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- host_directory may follow a moved checkout: it is where the program lies, not what it is.
CREATE TRIGGER software_version_is_immutable
  BEFORE UPDATE OF software_id, version, image_ref, digest, command, environment, config_schema, exit_codes
  ON reduction_software_version FOR EACH ROW EXECUTE FUNCTION refuse_update();

CREATE TABLE reduction_step_config (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parameters jsonb NOT NULL DEFAULT '{}' CONSTRAINT step_config_is_an_object CHECK (jsonb_typeof(parameters) = 'object'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE data_grouping (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT data_grouping_name_is_unique UNIQUE,
  description text NOT NULL DEFAULT '',
  filter jsonb NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE pipeline (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT pipeline_name_is_unique UNIQUE
    CONSTRAINT pipeline_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  description text NOT NULL DEFAULT '',
  data_grouping_id bigint NOT NULL REFERENCES data_grouping,
  processing_location_id bigint NOT NULL REFERENCES data_location,
  trigger_type text NOT NULL CONSTRAINT pipeline_trigger_type_is_known CHECK (trigger_type IN ('CONTINUOUS', 'MANUAL')),
  priority integer NOT NULL DEFAULT 0,
  enabled boolean NOT NULL DEFAULT true,
  revision integer NOT NULL DEFAULT 1,
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pipeline_pause_names_who CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);
CREATE TABLE reduction_step (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline_id bigint NOT NULL REFERENCES pipeline,
  name text NOT NULL CONSTRAINT reduction_step_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  -- Topological: every step comes after those it depends on.
  position integer NOT NULL,
  software_id bigint NOT NULL REFERENCES reduction_software,
  -- The version that runs now: the newest registered one, or the one the definition names.
  software_version_id bigint NOT NULL REFERENCES reduction_software_version,
  -- What the definition names: one version (1.4.2), a line of them (1.4), or NULL to follow the newest.
  version_pin text,
  version_policy text NOT NULL CONSTRAINT step_version_policy_is_known CHECK (version_policy IN ('exact', 'compatible', 'any')),
  config_id bigint NOT NULL REFERENCES reduction_step_config,
  group_by jsonb NOT NULL DEFAULT '[]' CONSTRAINT step_group_by_is_a_list CHECK (jsonb_typeof(group_by) = 'array'),
  -- {raw: boolean, types: [DataProductType], pattern: glob}: what the step takes of the grouping and of its upstream steps.
  inputs jsonb NOT NULL DEFAULT '{}',
  upstream_policy text NOT NULL DEFAULT 'all_current'
    CONSTRAINT step_upstream_policy_is_known CHECK (upstream_policy IN ('all_current', 'available')),
  cooldown_seconds integer NOT NULL DEFAULT 0 CONSTRAINT step_cooldown_is_not_negative CHECK (cooldown_seconds >= 0),
  settle_seconds integer NOT NULL DEFAULT 0 CONSTRAINT step_settle_is_not_negative CHECK (settle_seconds >= 0),
  min_members integer NOT NULL DEFAULT 1 CONSTRAINT step_min_members_is_positive CHECK (min_members >= 1),
  cpus integer NOT NULL DEFAULT 1 CONSTRAINT step_cpus_is_positive CHECK (cpus > 0),
  memory_mb integer NOT NULL DEFAULT 1024 CONSTRAINT step_memory_is_positive CHECK (memory_mb > 0),
  walltime_minutes integer NOT NULL DEFAULT 60 CONSTRAINT step_walltime_is_positive CHECK (walltime_minutes > 0),
  max_memory_mb integer NOT NULL DEFAULT 1024 CONSTRAINT step_memory_cap_is_not_below_memory CHECK (max_memory_mb >= memory_mb),
  max_walltime_minutes integer NOT NULL DEFAULT 60 CONSTRAINT step_walltime_cap_is_not_below_walltime CHECK (max_walltime_minutes >= walltime_minutes),
  -- {max_attempts, backoff_seconds, per class overrides}: libs/core/src/run/retry-policy.ts
  retry jsonb NOT NULL DEFAULT '{}',
  -- {required: [{pattern}], metrics: [name], rules: [{pattern, type}]}: what the step promises
  outputs jsonb NOT NULL DEFAULT '{}',
  max_active_runs integer CONSTRAINT step_max_active_runs_is_positive CHECK (max_active_runs > 0),
  -- Hash of the recipe a run fired now would have (02-domain-model, identity); kept by every change of a definition.
  recipe_hash text NOT NULL,
  -- Software part and config part of the recipe, apart, so that staleness can name its cause.
  software_hash text NOT NULL,
  config_hash text NOT NULL,
  retired_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_living_step_per_pipeline_and_name ON reduction_step (pipeline_id, name) WHERE retired_at IS NULL;
CREATE TABLE reduction_step_dependency (
  step_id bigint NOT NULL REFERENCES reduction_step ON DELETE CASCADE,
  upstream_step_id bigint NOT NULL REFERENCES reduction_step,
  PRIMARY KEY (step_id, upstream_step_id),
  CONSTRAINT step_does_not_depend_on_itself CHECK (step_id <> upstream_step_id)
);
CREATE INDEX step_dependency_by_upstream ON reduction_step_dependency (upstream_step_id);

CREATE TRIGGER data_grouping_asks_for_evaluation AFTER UPDATE ON data_grouping
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();
CREATE TRIGGER pipeline_asks_for_evaluation AFTER INSERT OR UPDATE ON pipeline
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();
CREATE TRIGGER reduction_step_asks_for_evaluation AFTER INSERT OR UPDATE ON reduction_step
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();
`;

/** What scientists define: software, configs, groupings, pipelines and their steps. */
export class Definitions1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TABLE reduction_step_dependency, reduction_step, pipeline, data_grouping, reduction_step_config,
  reduction_software_version, reduction_software;
DROP FUNCTION refuse_update();`);
  }
}
