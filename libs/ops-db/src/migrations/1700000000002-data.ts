import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE data_location (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT data_location_name_is_unique UNIQUE,
  kind text NOT NULL
    CONSTRAINT data_location_kind_is_known CHECK (kind IN ('SOURCE', 'BUFFER', 'LONG_TERM_ARCHIVE', 'PROCESSING')),
  base_path text NOT NULL CONSTRAINT data_location_base_path_is_absolute CHECK (base_path LIKE '/%'),
  backend text CONSTRAINT data_location_backend_is_known CHECK (backend IN ('local', 'fake', 'slurm-rest', 'slurm-ssh')),
  backend_config jsonb NOT NULL DEFAULT '{}',
  runtime text CONSTRAINT data_location_runtime_is_known CHECK (runtime IN ('host', 'apptainer', 'singularity')),
  staging text NOT NULL DEFAULT 'link' CONSTRAINT data_location_staging_is_known CHECK (staging IN ('link', 'copy')),
  max_active_runs integer CONSTRAINT data_location_max_active_runs_is_positive CHECK (max_active_runs > 0),
  max_jobs_in_queue integer CONSTRAINT data_location_max_jobs_in_queue_is_positive CHECK (max_jobs_in_queue > 0),
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  -- When a result-manager last asked the site about its jobs: several replicas share one poll.
  observed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT processing_location_has_backend_and_runtime
    CHECK ((kind = 'PROCESSING') = (backend IS NOT NULL) AND (kind = 'PROCESSING') = (runtime IS NOT NULL)),
  CONSTRAINT data_location_pause_names_who CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);

-- What a step may take as input. One id space, so that inputs and lineage are plain foreign keys.
-- hash_a and hash_b are two independent 64-bit hashes of (id, content hash): their sums modulo 2^64 are the
-- order-independent fingerprint of any set of items (libs/core/src/recipe/fingerprint.ts is the same formula).
CREATE TABLE data_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CONSTRAINT data_item_kind_is_known CHECK (kind IN ('RAW_DATA_FILE', 'RAW_DATA_PACKAGE', 'DATA_PRODUCT')),
  name text NOT NULL CONSTRAINT data_item_name_is_not_empty CHECK (name <> ''),
  dims jsonb NOT NULL DEFAULT '{}' CONSTRAINT data_item_dims_is_an_object CHECK (jsonb_typeof(dims) = 'object'),
  content_hash text NOT NULL CONSTRAINT data_item_content_hash_is_sha256 CHECK (content_hash ~ '^[0-9a-f]{64}$'),
  size_bytes bigint NOT NULL CONSTRAINT data_item_size_is_not_negative CHECK (size_bytes >= 0),
  obs_time timestamptz,
  obs_time_end timestamptz,
  ra_deg double precision CONSTRAINT data_item_ra_is_in_range CHECK (ra_deg >= 0 AND ra_deg < 360),
  dec_deg double precision CONSTRAINT data_item_dec_is_in_range CHECK (dec_deg BETWEEN -90 AND 90),
  metadata jsonb NOT NULL DEFAULT '{}',
  retired_at timestamptz,
  registered_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  hash_a bigint NOT NULL GENERATED ALWAYS AS
    (('x' || substr(encode(sha256((id::text || ':' || content_hash)::bytea), 'hex'), 1, 16))::bit(64)::bigint) STORED,
  hash_b bigint NOT NULL GENERATED ALWAYS AS
    (('x' || substr(encode(sha256((id::text || ':' || content_hash)::bytea), 'hex'), 17, 16))::bit(64)::bigint) STORED,
  CONSTRAINT data_item_ends_after_it_starts CHECK (obs_time_end >= obs_time)
);
CREATE INDEX data_item_by_dims ON data_item USING gin (dims jsonb_path_ops);
CREATE INDEX data_item_by_kind ON data_item (kind, id) WHERE retired_at IS NULL;

CREATE TABLE raw_data_package (
  item_id bigint PRIMARY KEY REFERENCES data_item ON DELETE CASCADE,
  external_id text NOT NULL CONSTRAINT raw_data_package_external_id_is_unique UNIQUE,
  executed_obs_unit_id uuid NOT NULL REFERENCES executed_obs_unit,
  instrument_module_id bigint NOT NULL REFERENCES instrument_module,
  state text NOT NULL DEFAULT 'WAITING'
    CONSTRAINT raw_data_package_state_is_known CHECK (state IN ('WAITING', 'TRANSFERRING', 'ARCHIVED', 'FAILED')),
  CONSTRAINT one_package_per_executed_obs_unit_and_module UNIQUE (executed_obs_unit_id, instrument_module_id)
);
CREATE TABLE raw_data_file (
  item_id bigint PRIMARY KEY REFERENCES data_item ON DELETE CASCADE,
  -- The telescope's own id where it has one; otherwise location and path of the first copy.
  external_id text NOT NULL CONSTRAINT raw_data_file_external_id_is_unique UNIQUE,
  raw_data_package_id bigint REFERENCES raw_data_package,
  executed_obs_unit_id uuid REFERENCES executed_obs_unit,
  instrument_module_id bigint REFERENCES instrument_module
);
CREATE INDEX raw_data_file_by_package ON raw_data_file (raw_data_package_id);

CREATE TABLE physical_copy (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id bigint NOT NULL REFERENCES data_item ON DELETE CASCADE,
  data_location_id bigint NOT NULL REFERENCES data_location,
  -- Relative to the location's base_path.
  path text NOT NULL CONSTRAINT physical_copy_path_stays_inside_its_location
    CHECK (path <> '' AND path NOT LIKE '/%' AND path !~ '(^|/)\\.\\.(/|$)'),
  status text NOT NULL DEFAULT 'PRESENT' CONSTRAINT physical_copy_status_is_known
    CHECK (status IN ('PRESENT', 'STAGED', 'DELETION_SCHEDULED', 'DELETION_IN_PROGRESS', 'DELETED', 'DELETION_FAILED', 'MISSING', 'CORRUPT')),
  verified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT one_item_per_path UNIQUE (data_location_id, path)
);
CREATE INDEX physical_copy_by_item ON physical_copy (item_id);

-- One row per statement that changed what an evaluation depends on. The trigger-manager deletes the rows it can see
-- and evaluates in the same transaction; a writer that commits later becomes visible together with its row, so nothing is lost.
CREATE TABLE evaluation_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cause text NOT NULL,
  pipeline_id bigint,
  requested_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION request_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO evaluation_request (cause) VALUES (TG_TABLE_NAME);
  PERFORM pg_notify('meridian_work', 'evaluate');
  RETURN NULL;
END $$;
CREATE TRIGGER data_item_asks_for_evaluation AFTER INSERT OR UPDATE OR DELETE ON data_item
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();
CREATE TRIGGER raw_data_package_asks_for_evaluation AFTER UPDATE ON raw_data_package
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();

-- The fingerprint of a set of items, from the sums of their hashes: 32 hexadecimal digits.
CREATE FUNCTION hash_sum_hex(total numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lpad(to_hex((CASE WHEN m >= 9223372036854775808 THEN m - 18446744073709551616
                           WHEN m < -9223372036854775808 THEN m + 18446744073709551616 ELSE m END)::bigint), 16, '0')
  FROM (SELECT mod(total, 18446744073709551616) AS m) AS folded
$$;
CREATE FUNCTION fingerprint(sum_a numeric, sum_b numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT hash_sum_hex(sum_a) || hash_sum_hex(sum_b)
$$;
`;

/** Data items, where their bytes are, and the fingerprint hashes that tell two states of the archive apart. */
export class Data1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TABLE physical_copy, raw_data_file, raw_data_package, data_item, data_location, evaluation_request;
DROP FUNCTION fingerprint(numeric, numeric), hash_sum_hex(numeric), request_evaluation();`);
  }
}
