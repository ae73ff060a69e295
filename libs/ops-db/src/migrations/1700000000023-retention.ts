import type { MigrationInterface, QueryRunner } from 'typeorm';

const LOCATIONS = `
ALTER TABLE data_location
  ADD COLUMN capacity_bytes bigint CONSTRAINT data_location_capacity_is_positive CHECK (capacity_bytes > 0),
  ADD COLUMN high_water_bytes bigint,
  ADD COLUMN low_water_bytes bigint CONSTRAINT data_location_low_water_is_not_negative CHECK (low_water_bytes >= 0),
  ADD COLUMN purge_paused_at timestamptz,
  ADD COLUMN purge_paused_by text,
  ADD COLUMN purge_pause_reason text,
  ADD CONSTRAINT data_location_water_marks_come_together
    CHECK ((high_water_bytes IS NULL) = (low_water_bytes IS NULL) AND low_water_bytes < high_water_bytes),
  ADD CONSTRAINT data_location_purge_pause_names_who CHECK ((purge_paused_at IS NULL) = (purge_paused_by IS NULL));
`;

const USAGE = `
-- What the records say lies at each location, in files and bytes. As with runs (migration 15) the sum of both tables is exact at every moment:
-- a transaction only ever appends what it changed, and now and then a pass adds that up (fold-location-usage.sql.ts).
CREATE TABLE location_usage (
  location_id bigint PRIMARY KEY,
  files bigint NOT NULL,
  bytes bigint NOT NULL
);
CREATE TABLE location_usage_change (
  location_id bigint NOT NULL,
  files bigint NOT NULL,
  bytes bigint NOT NULL
);

-- Whether a copy's bytes lie on a disk, as far as is known.
CREATE FUNCTION copy_takes_room(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT status NOT IN ('DELETED', 'MISSING')
$$;

CREATE FUNCTION tally_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO location_usage_change
      SELECT copy.data_location_id, count(*), sum(item.size_bytes) FROM new_rows copy JOIN data_item item ON item.id = copy.item_id
      WHERE copy_takes_room(copy.status) GROUP BY copy.data_location_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO location_usage_change
      SELECT copy.data_location_id, -count(*), -sum(item.size_bytes) FROM old_rows copy JOIN data_item item ON item.id = copy.item_id
      WHERE copy_takes_room(copy.status) GROUP BY copy.data_location_id;
  ELSE
    INSERT INTO location_usage_change
      SELECT moved.data_location_id, sum(n), sum(n * item.size_bytes)
      FROM (SELECT data_location_id, item_id, 1 AS n FROM new_rows WHERE copy_takes_room(status)
            UNION ALL SELECT data_location_id, item_id, -1 FROM old_rows WHERE copy_takes_room(status)) AS moved
      JOIN data_item item ON item.id = moved.item_id
      GROUP BY moved.data_location_id HAVING sum(n) <> 0 OR sum(n * item.size_bytes) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER new_copy_is_tallied AFTER INSERT ON physical_copy REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_copies();
CREATE TRIGGER changed_copy_is_tallied AFTER UPDATE ON physical_copy REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_copies();
CREATE TRIGGER deleted_copy_is_tallied AFTER DELETE ON physical_copy REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION tally_copies();

-- A file that got other bytes, and one whose item goes with all of its copies: their own trigger would not find its size any more.
CREATE FUNCTION tally_copies_of_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO location_usage_change
    SELECT data_location_id, CASE WHEN TG_OP = 'DELETE' THEN -count(*) ELSE 0 END,
           count(*) * (CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE NEW.size_bytes END - OLD.size_bytes)
    FROM physical_copy WHERE item_id = OLD.id AND copy_takes_room(status) GROUP BY data_location_id;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER resized_item_is_tallied AFTER UPDATE OF size_bytes ON data_item
  FOR EACH ROW WHEN (OLD.size_bytes IS DISTINCT FROM NEW.size_bytes) EXECUTE FUNCTION tally_copies_of_item();
CREATE TRIGGER deleted_item_is_tallied BEFORE DELETE ON data_item FOR EACH ROW EXECUTE FUNCTION tally_copies_of_item();

-- Creating a trigger keeps writers out until this migration is committed: nothing is counted twice or not at all.
INSERT INTO location_usage
  SELECT copy.data_location_id, count(*), sum(item.size_bytes) FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id
  WHERE copy_takes_room(copy.status) GROUP BY copy.data_location_id;
`;

const PURGES = `
-- What is there, oldest first: ids are given in the order of registration.
CREATE INDEX physical_copy_to_purge ON physical_copy (data_location_id, id) WHERE status = 'PRESENT';
-- What was to go when somebody died.
CREATE INDEX physical_copy_being_deleted ON physical_copy (data_location_id, id)
  WHERE status IN ('DELETION_SCHEDULED', 'DELETION_IN_PROGRESS');

-- One going through a location, from its high-water mark or because somebody asked, down to so many bytes.
CREATE TABLE purge (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  data_location_id bigint NOT NULL REFERENCES data_location,
  cause text NOT NULL CONSTRAINT purge_cause_is_known CHECK (cause IN ('high_water', 'request')),
  requested_by text,
  reason text NOT NULL DEFAULT '',
  down_to_bytes bigint NOT NULL CONSTRAINT purge_ends_at_some_level CHECK (down_to_bytes >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- What the records said lay there when it began and when it ended.
  used_before_bytes bigint,
  used_after_bytes bigint,
  -- The last copy that was looked at.
  after_copy_id bigint NOT NULL DEFAULT 0,
  -- Why it does not go on, or ended before the level was reached.
  problem text,
  not_before timestamptz NOT NULL DEFAULT now(),
  lease_owner text,
  lease_expires_at timestamptz,
  CONSTRAINT requested_purge_names_who CHECK ((cause = 'request') = (requested_by IS NOT NULL)),
  CONSTRAINT purge_lease_has_owner_and_expiry CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL)),
  CONSTRAINT only_open_purges_are_leased CHECK (lease_owner IS NULL OR finished_at IS NULL),
  CONSTRAINT begun_purge_knows_what_was_there CHECK ((started_at IS NULL) = (used_before_bytes IS NULL)),
  CONSTRAINT finished_purge_knows_what_is_left CHECK ((finished_at IS NULL) = (used_after_bytes IS NULL))
);
CREATE UNIQUE INDEX one_open_purge_per_location ON purge (data_location_id) WHERE finished_at IS NULL;
CREATE INDEX purge_by_location ON purge (data_location_id, id DESC);

-- Sums of its decisions, written with them: they outlive the rows of what was kept, of which there is only the latest.
CREATE TABLE purge_sum (
  purge_id bigint NOT NULL REFERENCES purge,
  action text NOT NULL CONSTRAINT purge_sum_action_is_known CHECK (action IN ('delete', 'keep')),
  reason text NOT NULL,
  files bigint NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (purge_id, action, reason)
);

-- The ledger: one row for each file that was deleted, for ever, and for each that was looked at and kept the latest decision. It has no foreign
-- keys to what it tells of, and tells where it was and how large.
CREATE TABLE purge_decision (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null for what an attempt left, which goes by its age alone.
  purge_id bigint REFERENCES purge,
  data_location_id bigint NOT NULL,
  copy_id bigint,
  item_id bigint,
  run_id bigint,
  attempt integer,
  path text NOT NULL,
  files bigint NOT NULL DEFAULT 1,
  bytes bigint NOT NULL,
  action text NOT NULL CONSTRAINT purge_decision_action_is_known CHECK (action IN ('delete', 'keep')),
  reason text NOT NULL,
  detail text NOT NULL DEFAULT '',
  decided_at timestamptz NOT NULL DEFAULT now(),
  -- When the bytes were found gone; null while they may be there.
  deleted_at timestamptz,
  CONSTRAINT purge_decision_is_about_a_copy_or_an_attempt CHECK ((copy_id IS NULL) = (purge_id IS NULL) AND (copy_id IS NULL) = (item_id IS NULL) AND (copy_id IS NOT NULL OR attempt IS NOT NULL)),
  CONSTRAINT only_deletions_are_carried_out CHECK (deleted_at IS NULL OR action = 'delete')
);
CREATE UNIQUE INDEX latest_reason_to_keep_a_copy ON purge_decision (copy_id) WHERE action = 'keep';
CREATE UNIQUE INDEX one_pending_deletion_per_copy ON purge_decision (copy_id) WHERE action = 'delete' AND deleted_at IS NULL;
CREATE UNIQUE INDEX attempt_is_cleared_once ON purge_decision (run_id, attempt) WHERE copy_id IS NULL;
CREATE INDEX purge_decision_by_purge ON purge_decision (purge_id, id);
CREATE INDEX purge_decision_by_location ON purge_decision (data_location_id, id);
CREATE INDEX purge_decision_by_item ON purge_decision (item_id, id) WHERE item_id IS NOT NULL;
`;

const ATTEMPTS = `
ALTER TABLE attempt
  ADD COLUMN cleared_at timestamptz,
  ADD COLUMN clearing_owner text,
  ADD COLUMN clearing_until timestamptz,
  -- What was found before anything was removed.
  ADD COLUMN cleared_files bigint,
  ADD COLUMN cleared_bytes bigint,
  ADD CONSTRAINT attempt_clearing_says_until_when CHECK ((clearing_owner IS NULL) = (clearing_until IS NULL)),
  ADD CONSTRAINT cleared_attempt_was_measured CHECK (cleared_at IS NULL OR num_nonnulls(cleared_files, cleared_bytes) = 2);
CREATE INDEX attempt_to_clear ON attempt (ended_at, run_id, number) WHERE cleared_at IS NULL AND ended_at IS NOT NULL;
`;

const DOWN = `
DROP INDEX attempt_to_clear;
ALTER TABLE attempt DROP COLUMN cleared_at, DROP COLUMN clearing_owner, DROP COLUMN clearing_until, DROP COLUMN cleared_files, DROP COLUMN cleared_bytes;
DROP TABLE purge_decision, purge_sum, purge;
DROP INDEX physical_copy_to_purge, physical_copy_being_deleted;
DROP TRIGGER deleted_item_is_tallied ON data_item;
DROP TRIGGER resized_item_is_tallied ON data_item;
DROP TRIGGER new_copy_is_tallied ON physical_copy;
DROP TRIGGER changed_copy_is_tallied ON physical_copy;
DROP TRIGGER deleted_copy_is_tallied ON physical_copy;
DROP FUNCTION tally_copies_of_item(), tally_copies(), copy_takes_room(text);
DROP TABLE location_usage_change, location_usage;
ALTER TABLE data_location DROP COLUMN capacity_bytes, DROP COLUMN high_water_bytes, DROP COLUMN low_water_bytes,
  DROP COLUMN purge_paused_at, DROP COLUMN purge_paused_by, DROP COLUMN purge_pause_reason;
`;

/** Retention: water marks, what each location holds, purges and their ledger, and attempts whose leavings were cleared away. */
export class Retention1700000000023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [LOCATIONS, USAGE, PURGES, ATTEMPTS]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
