import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- A look at all that a location should hold, and at what lies there besides.
CREATE TABLE location_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  data_location_id bigint NOT NULL REFERENCES data_location,
  -- Whether bytes are read and compared, too, and not only looked for.
  checksums boolean NOT NULL,
  -- Only copies that were registered since then; NULL for all.
  since timestamptz,
  requested_by text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CONSTRAINT location_audit_state_is_known CHECK (state IN ('waiting', 'copies', 'files', 'done', 'failed')),
  -- The last path that was looked at in this state; whoever takes over goes on after it.
  cursor text NOT NULL DEFAULT '',
  copies bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  missing bigint NOT NULL DEFAULT 0,
  damaged bigint NOT NULL DEFAULT 0,
  unreadable bigint NOT NULL DEFAULT 0,
  recovered bigint NOT NULL DEFAULT 0,
  -- Of what is missing or damaged: nothing can bring it back.
  lost bigint NOT NULL DEFAULT 0,
  unknown_files bigint NOT NULL DEFAULT 0,
  unknown_bytes bigint NOT NULL DEFAULT 0,
  -- What attempts left that is no product, and scratch.
  attempt_files bigint NOT NULL DEFAULT 0,
  attempt_bytes bigint NOT NULL DEFAULT 0,
  links bigint NOT NULL DEFAULT 0,
  problem text,
  not_before timestamptz NOT NULL DEFAULT now(),
  lease_owner text,
  lease_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT ended_audit_has_finished_at CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
  CONSTRAINT audit_lease_has_owner_and_expiry CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL)),
  CONSTRAINT failed_audit_says_why CHECK (state <> 'failed' OR problem IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_audit_per_location ON location_audit (data_location_id) WHERE finished_at IS NULL;
CREATE INDEX location_audit_by_location ON location_audit (data_location_id, id DESC);

CREATE TABLE audit_finding (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  audit_id bigint NOT NULL REFERENCES location_audit ON DELETE CASCADE,
  kind text NOT NULL CONSTRAINT audit_finding_kind_is_known CHECK (kind IN ('missing', 'size', 'checksum', 'unreadable', 'recovered', 'unknown')),
  severity text NOT NULL CONSTRAINT audit_finding_severity_is_known CHECK (severity IN ('lost', 'remake', 'copy', 'note')),
  path text NOT NULL,
  item_id bigint REFERENCES data_item ON DELETE SET NULL,
  size_bytes bigint NOT NULL,
  detail text NOT NULL DEFAULT '',
  found_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT audit_finds_a_path_once UNIQUE (audit_id, path, kind)
);
CREATE INDEX audit_finding_by_audit ON audit_finding (audit_id, id);

-- A run that makes the bytes of another one's products again. It makes no result: nothing is registered of it, and nothing becomes stale.
ALTER TABLE run ADD COLUMN remakes_run_id bigint REFERENCES run;

-- Bytes of a run's products that somebody needs and no location has any more.
CREATE TABLE rematerialisation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES run,
  remake_run_id bigint REFERENCES run CONSTRAINT one_rematerialisation_per_remake UNIQUE,
  state text NOT NULL DEFAULT 'wanted' CONSTRAINT rematerialisation_state_is_known CHECK (state IN ('wanted', 'making', 'same', 'different', 'failed', 'accepted')),
  reason text NOT NULL DEFAULT '',
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT ended_rematerialisation_has_finished_at CHECK ((state IN ('same', 'different', 'failed', 'accepted')) = (finished_at IS NOT NULL)),
  CONSTRAINT only_wanted_rematerialisation_has_no_run CHECK (state IN ('wanted', 'failed') OR remake_run_id IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_rematerialisation_per_run ON rematerialisation (run_id) WHERE finished_at IS NULL;
CREATE INDEX rematerialisation_by_run ON rematerialisation (run_id, id DESC);
CREATE INDEX rematerialisation_to_be_moved ON rematerialisation (state, id) WHERE finished_at IS NULL;

-- What became of each product; other bytes are kept where their run left them.
CREATE TABLE remade_product (
  rematerialisation_id bigint NOT NULL REFERENCES rematerialisation ON DELETE CASCADE,
  item_id bigint NOT NULL REFERENCES data_item,
  outcome text NOT NULL CONSTRAINT remade_product_outcome_is_known CHECK (outcome IN ('same', 'different', 'absent')),
  sha256 text,
  size_bytes bigint,
  path text,
  PRIMARY KEY (rematerialisation_id, item_id),
  CONSTRAINT absent_product_has_no_bytes CHECK (num_nonnulls(sha256, size_bytes, path) = CASE WHEN outcome = 'absent' THEN 0 ELSE 3 END)
);
CREATE INDEX remade_product_by_item ON remade_product (item_id);

-- Runs that go on when it is settled.
CREATE TABLE rematerialisation_waiter (
  rematerialisation_id bigint NOT NULL REFERENCES rematerialisation ON DELETE CASCADE,
  run_id bigint NOT NULL REFERENCES run,
  PRIMARY KEY (rematerialisation_id, run_id)
);
CREATE INDEX rematerialisation_waiter_by_run ON rematerialisation_waiter (run_id);

-- A look for attempts at a location of which the database has no record, and what became of them.
CREATE TABLE location_rebuild (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  data_location_id bigint NOT NULL REFERENCES data_location,
  dry_run boolean NOT NULL,
  requested_by text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CONSTRAINT location_rebuild_state_is_known CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  -- How many attempts there are of each fate; of those that could not be rebuilt, the first with the reason.
  counts jsonb NOT NULL DEFAULT '{}',
  problems jsonb NOT NULL DEFAULT '[]',
  problem text,
  lease_owner text,
  lease_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT ended_rebuild_has_finished_at CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
  CONSTRAINT rebuild_lease_has_owner_and_expiry CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL)),
  CONSTRAINT failed_rebuild_says_why CHECK (state <> 'failed' OR problem IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_rebuild_per_location ON location_rebuild (data_location_id) WHERE finished_at IS NULL;
`;

const DOWN = `
DROP TABLE location_rebuild;
DROP TABLE rematerialisation_waiter, remade_product, rematerialisation;
ALTER TABLE run DROP COLUMN remakes_run_id;
DROP TABLE audit_finding, location_audit;
`;

/** Audits of locations, bytes that are made again, and records that are. */
export class AuditsAndRemakes1700000000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
