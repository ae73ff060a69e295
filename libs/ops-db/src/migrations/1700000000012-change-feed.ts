import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the archive says of an item and changes often is part of its row, so that an image of the row is all that a step's
 * membership depended on.
 */
const FACTS = `
ALTER TABLE data_item
  -- Counts the changes of the row: which of several images of it is the older one.
  ADD COLUMN revision bigint NOT NULL DEFAULT 0,
  -- The package that a raw file lies in: such a file reaches the pipelines as the package.
  ADD COLUMN raw_data_package_id bigint,
  -- Of the package itself, or of the one that the file lies in.
  ADD COLUMN package_state text,
  ADD COLUMN executed_obs_unit_id uuid,
  ADD COLUMN observation_status text,
  ADD COLUMN observation_finished_at timestamptz,
  ADD COLUMN instrument_module_id bigint;

CREATE VIEW data_item_facts AS
  SELECT item.id, file.raw_data_package_id, coalesce(own.state, holder.state) AS package_state, unit.id AS executed_obs_unit_id,
    unit.status AS observation_status, unit.finished_at AS observation_finished_at,
    coalesce(own.instrument_module_id, file.instrument_module_id, holder.instrument_module_id) AS instrument_module_id
  FROM data_item item
  LEFT JOIN raw_data_file file ON file.item_id = item.id
  LEFT JOIN raw_data_package own ON own.item_id = item.id
  LEFT JOIN raw_data_package holder ON holder.item_id = file.raw_data_package_id
  LEFT JOIN executed_obs_unit unit ON unit.id = coalesce(own.executed_obs_unit_id, file.executed_obs_unit_id, holder.executed_obs_unit_id);

-- One look-up by primary key for each item and relation, whatever the planner thinks of tables that were empty a moment ago.
CREATE FUNCTION keep_item_facts(items bigint[]) RETURNS void LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE data_item item SET raw_data_package_id = facts.raw_data_package_id, package_state = facts.package_state,
    executed_obs_unit_id = facts.executed_obs_unit_id, observation_status = facts.observation_status,
    observation_finished_at = facts.observation_finished_at, instrument_module_id = facts.instrument_module_id
  FROM unnest(items) AS asked(id) JOIN data_item_facts facts USING (id)
  WHERE item.id = asked.id
    AND (item.raw_data_package_id, item.package_state, item.executed_obs_unit_id, item.observation_status, item.observation_finished_at,
         item.instrument_module_id)
      IS DISTINCT FROM (facts.raw_data_package_id, facts.package_state, facts.executed_obs_unit_id, facts.observation_status,
         facts.observation_finished_at, facts.instrument_module_id)
$$;

UPDATE data_item item SET raw_data_package_id = facts.raw_data_package_id, package_state = facts.package_state,
  executed_obs_unit_id = facts.executed_obs_unit_id, observation_status = facts.observation_status,
  observation_finished_at = facts.observation_finished_at, instrument_module_id = facts.instrument_module_id
  FROM data_item_facts facts WHERE facts.id = item.id AND item.kind <> 'DATA_PRODUCT';
CREATE INDEX data_item_by_observation ON data_item (executed_obs_unit_id) WHERE executed_obs_unit_id IS NOT NULL;
CREATE INDEX data_item_by_obs_time ON data_item (obs_time);

-- The rows that the facts come from are locked against changes first, and read after that: of a file that is registered while
-- its package changes its state, one waits for the other, and the second sees both.
CREATE FUNCTION raw_data_file_gives_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM raw_data_package WHERE item_id IN (SELECT raw_data_package_id FROM new_rows) ORDER BY item_id FOR SHARE;
  PERFORM FROM executed_obs_unit WHERE id IN (SELECT executed_obs_unit_id FROM new_rows
    UNION SELECT p.executed_obs_unit_id FROM new_rows n JOIN raw_data_package p ON p.item_id = n.raw_data_package_id) ORDER BY id FOR SHARE;
  PERFORM keep_item_facts(ARRAY(SELECT item_id FROM new_rows ORDER BY item_id));
  RETURN NULL;
END $$;
CREATE FUNCTION raw_data_package_gives_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM executed_obs_unit WHERE id IN (SELECT executed_obs_unit_id FROM new_rows) ORDER BY id FOR SHARE;
  PERFORM keep_item_facts(ARRAY(SELECT item_id FROM new_rows
    UNION SELECT file.item_id FROM raw_data_file file JOIN new_rows n ON n.item_id = file.raw_data_package_id ORDER BY 1));
  RETURN NULL;
END $$;
CREATE FUNCTION executed_obs_unit_gives_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM keep_item_facts(ARRAY(SELECT item.id FROM data_item item JOIN new_rows n ON n.id = item.executed_obs_unit_id ORDER BY 1));
  RETURN NULL;
END $$;
CREATE TRIGGER new_raw_data_file_gives_facts AFTER INSERT ON raw_data_file REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION raw_data_file_gives_facts();
CREATE TRIGGER changed_raw_data_file_gives_facts AFTER UPDATE ON raw_data_file REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION raw_data_file_gives_facts();
CREATE TRIGGER new_raw_data_package_gives_facts AFTER INSERT ON raw_data_package REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION raw_data_package_gives_facts();
CREATE TRIGGER changed_raw_data_package_gives_facts AFTER UPDATE ON raw_data_package REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION raw_data_package_gives_facts();
CREATE TRIGGER changed_executed_obs_unit_gives_facts AFTER UPDATE ON executed_obs_unit REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION executed_obs_unit_gives_facts();
`;

const FEEDS = `
-- What changed since a step was evaluated. Read by transaction, not by number: a row is new to a step when its transaction is
-- not in the snapshot that the step was evaluated with, however late it was committed.
CREATE TABLE data_item_change (
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  item_id bigint NOT NULL,
  -- The row as it was; NULL when there was none. How it is now is in data_item.
  before jsonb,
  PRIMARY KEY (tx, id)
);
CREATE TABLE sub_group_change (
  step_id bigint NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  sub_group_id bigint NOT NULL,
  PRIMARY KEY (step_id, tx, id)
);
-- A table that filters may name and that changes seldom: steps whose filter names it are evaluated from scratch.
CREATE TABLE relation_change (
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  relation text NOT NULL,
  PRIMARY KEY (tx, id)
);
CREATE TABLE step_evaluation (
  step_id bigint PRIMARY KEY REFERENCES reduction_step ON DELETE CASCADE,
  -- Whatever is visible in it is in the step's sub-groups; what is not is still to be taken from the feeds.
  snapshot pg_snapshot NOT NULL,
  -- Of the rules that say what is a member, and of those that judge.
  membership_hash text NOT NULL,
  judgement_hash text NOT NULL,
  -- Its filter says within_last: time alone changes what it selects.
  is_time_dependent boolean NOT NULL DEFAULT false,
  evaluated_at timestamptz NOT NULL,
  rebuilt_at timestamptz NOT NULL,
  reconciled_at timestamptz NOT NULL,
  -- Sub-groups that a reconciliation found wrong, ever: any but 0 is a defect.
  drift_count bigint NOT NULL DEFAULT 0
);

CREATE OR REPLACE FUNCTION request_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('meridian_work', 'evaluate');
  RETURN NULL;
END $$;
DROP TRIGGER data_item_asks_for_evaluation ON data_item;
DROP TRIGGER raw_data_package_asks_for_evaluation ON raw_data_package;
DROP TABLE evaluation_request;

-- keep_item_facts, which may have caused the change, switches hash joins off for what it does itself.
CREATE FUNCTION record_item_changes() RETURNS trigger LANGUAGE plpgsql SET enable_hashjoin = on AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO data_item_change (item_id) SELECT id FROM new_rows;
  ELSE
    INSERT INTO data_item_change (item_id, before)
      SELECT o.id, to_jsonb(o) FROM old_rows o JOIN new_rows n USING (id) WHERE o.revision <> n.revision;
  END IF;
  IF FOUND THEN PERFORM pg_notify('meridian_work', 'evaluate'); END IF;
  RETURN NULL;
END $$;
-- One statement may change a row twice, once of its own and once through keep_item_facts, and its triggers see the later change first.
CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- All but the generated columns, which are not computed yet.
  IF (OLD.kind, OLD.name, OLD.dims, OLD.content_hash, OLD.size_bytes, OLD.obs_time, OLD.obs_time_end, OLD.ra_deg, OLD.dec_deg,
      OLD.metadata, OLD.retired_at, OLD.registered_at, OLD.changed_at, OLD.raw_data_package_id, OLD.package_state,
      OLD.executed_obs_unit_id, OLD.observation_status, OLD.observation_finished_at, OLD.instrument_module_id)
    IS DISTINCT FROM (NEW.kind, NEW.name, NEW.dims, NEW.content_hash, NEW.size_bytes, NEW.obs_time, NEW.obs_time_end, NEW.ra_deg, NEW.dec_deg,
      NEW.metadata, NEW.retired_at, NEW.registered_at, NEW.changed_at, NEW.raw_data_package_id, NEW.package_state,
      NEW.executed_obs_unit_id, NEW.observation_status, NEW.observation_finished_at, NEW.instrument_module_id) THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER data_item_counts_revisions BEFORE UPDATE ON data_item FOR EACH ROW EXECUTE FUNCTION count_revision();
CREATE TRIGGER new_data_item_is_recorded AFTER INSERT ON data_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_item_changes();
CREATE TRIGGER changed_data_item_is_recorded AFTER UPDATE ON data_item REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_item_changes();

CREATE FUNCTION record_relation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO relation_change (relation) VALUES (TG_TABLE_NAME);
  PERFORM pg_notify('meridian_work', 'evaluate');
  RETURN NULL;
END $$;
-- Nobody but an administrator deletes an item: what it was a member of is found by looking at everything.
CREATE TRIGGER deleted_data_item_is_recorded AFTER DELETE ON data_item FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_observatory_is_recorded AFTER UPDATE ON observatory FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_telescope_is_recorded AFTER UPDATE ON telescope FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_instrument_is_recorded AFTER UPDATE ON instrument FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_instrument_module_is_recorded AFTER UPDATE ON instrument_module FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_observing_program_is_recorded AFTER UPDATE ON observing_program FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_source_is_recorded AFTER UPDATE ON source FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_obs_unit_is_recorded AFTER UPDATE ON obs_unit FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER changed_executed_obs_unit_is_recorded AFTER UPDATE OF obs_unit_id, started_at, metadata ON executed_obs_unit
  FOR EACH STATEMENT EXECUTE FUNCTION record_relation_change();
CREATE TRIGGER data_location_asks_for_evaluation AFTER UPDATE OF paused_at ON data_location
  FOR EACH STATEMENT EXECUTE FUNCTION request_evaluation();
`;

const SUB_GROUPS = `
-- As before, but of immutable functions only (to_jsonb is none), so that PostgreSQL writes it out where it is called: every key
-- of every item goes through it.
CREATE OR REPLACE FUNCTION scalar_json(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(value)
    WHEN 'string' THEN value
    WHEN 'boolean' THEN value
    WHEN 'number' THEN trim_scale(value::numeric)::text::jsonb
  END
$$;
ALTER TABLE sub_group
  -- When the first of the present members was registered: how long a sub-group has waited for the others.
  ADD COLUMN first_member_at timestamptz,
  -- Range of the members' observation times.
  ADD COLUMN time_from timestamptz,
  ADD COLUMN time_to timestamptz,
  -- Of the dimension that the step expects values of: value, as JSON text → number of members.
  ADD COLUMN slots jsonb NOT NULL DEFAULT '{}',
  -- What the formation of the sub-group says of it: {form, missing, duplicates, …}
  ADD COLUMN report jsonb NOT NULL DEFAULT '{}',
  -- The part of input_fingerprint that the associated items make.
  ADD COLUMN association_fingerprint text NOT NULL DEFAULT '00000000000000000000000000000000',
  ADD COLUMN association jsonb NOT NULL DEFAULT '{}',
  -- The run whose products the steps after this one count as members.
  ADD COLUMN contributed_run_id bigint REFERENCES run,
  DROP CONSTRAINT waiting_sub_group_says_until_when,
  ADD CONSTRAINT waiting_sub_group_says_until_when CHECK
    (CASE WHEN state IN ('settling', 'cooling_down') THEN until IS NOT NULL ELSE until IS NULL OR state IN ('incomplete', 'blocked') END);

-- Members where membership is no function of one row: clusters, windows, splits, shards.
CREATE TABLE sub_group_member (
  sub_group_id bigint NOT NULL REFERENCES sub_group ON DELETE CASCADE,
  item_id bigint NOT NULL REFERENCES data_item ON DELETE CASCADE,
  PRIMARY KEY (sub_group_id, item_id)
);
CREATE INDEX sub_group_member_by_item ON sub_group_member (item_id);

-- Somebody outside knows that nothing more will come.
CREATE TABLE grouping_close (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  data_grouping_id bigint NOT NULL REFERENCES data_grouping,
  -- Sub-groups whose common dims contain these; {} is all.
  selection jsonb NOT NULL DEFAULT '{}' CONSTRAINT grouping_close_selection_is_an_object CHECK (jsonb_typeof(selection) = 'object'),
  closed_by text NOT NULL,
  reason text NOT NULL DEFAULT '',
  closed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX grouping_close_by_grouping ON grouping_close (data_grouping_id, closed_at DESC);

ALTER TABLE run ADD COLUMN association_fingerprint text NOT NULL DEFAULT '00000000000000000000000000000000';

-- The dimensions on which two sets agree.
CREATE FUNCTION agreed_dims(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(a) WHERE b -> key = value
$$;

-- Sums modulo 2^64 of fingerprints: a set with others added, or (with negative sums) taken away.
CREATE FUNCTION add_fingerprints(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT hash_sum_hex(('x' || left(a, 16))::bit(64)::bigint::numeric + ('x' || left(b, 16))::bit(64)::bigint)
      || hash_sum_hex(('x' || right(a, 16))::bit(64)::bigint::numeric + ('x' || right(b, 16))::bit(64)::bigint)
$$;
CREATE FUNCTION shift_fingerprint(base text, sum_a numeric, sum_b numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT add_fingerprints(base, fingerprint(sum_a, sum_b))
$$;

-- A run that ends or lives again changes the state of its sub-group.
CREATE FUNCTION record_sub_group_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sub_group_change (step_id, sub_group_id)
    SELECT n.step_id, n.sub_group_id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.finished_at IS NULL) <> (o.finished_at IS NULL) OR n.status <> o.status AND n.finished_at IS NOT NULL;
  IF FOUND THEN PERFORM pg_notify('meridian_work', 'evaluate'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ended_run_changes_its_sub_group AFTER UPDATE ON run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_sub_group_changes();
`;

/** The part of the run's trigger that asked for an evaluation; the rest is as in Runs1700000000004. */
const EVALUATION_OF_ENDED_RUNS = `  IF EXISTS (SELECT FROM new_rows WHERE finished_at IS NOT NULL) THEN
    INSERT INTO evaluation_request (cause) VALUES ('run');
    PERFORM pg_notify('meridian_work', 'evaluate');
  END IF;
`;

/** What changed, for every step to take from where it stands: the cost of an evaluation follows the change, not the archive. */
export class ChangeFeed1700000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FACTS);
    await runner.query(FEEDS);
    await runner.query(SUB_GROUPS);
    const rows = (await runner.query(
      `SELECT pg_get_functiondef('record_run_moves'::regproc) AS body`,
    )) as readonly { readonly body: string }[];
    await runner.query((rows[0]?.body ?? '').replace(EVALUATION_OF_ENDED_RUNS, ''));
  }

  async down(): Promise<void> {
    throw new Error('The change feed cannot be taken back: restore the database from a dump of before.');
  }
}
