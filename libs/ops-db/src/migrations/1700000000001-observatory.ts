import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE observatory (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT observatory_name_is_unique UNIQUE,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE telescope (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  observatory_id bigint NOT NULL REFERENCES observatory,
  name text NOT NULL CONSTRAINT telescope_name_is_unique UNIQUE,
  latitude_deg double precision CONSTRAINT telescope_latitude_is_in_range CHECK (latitude_deg BETWEEN -90 AND 90),
  longitude_deg double precision CONSTRAINT telescope_longitude_is_in_range CHECK (longitude_deg BETWEEN -180 AND 360),
  altitude_m double precision,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE instrument (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  telescope_id bigint NOT NULL REFERENCES telescope,
  name text NOT NULL CONSTRAINT instrument_name_is_unique UNIQUE,
  description text NOT NULL DEFAULT '',
  available boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE instrument_module (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instrument_id bigint NOT NULL REFERENCES instrument,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT instrument_module_name_is_unique_per_instrument UNIQUE (instrument_id, name)
);
CREATE TABLE observing_program (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT observing_program_name_is_unique UNIQUE,
  title text NOT NULL DEFAULT '',
  lead text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE source (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT source_name_is_unique UNIQUE,
  kind text NOT NULL CONSTRAINT source_kind_is_known CHECK (kind IN ('FIXED', 'SOLAR_SYSTEM', 'CONSTANT_ELEVATION')),
  ra_deg double precision CONSTRAINT source_ra_is_in_range CHECK (ra_deg >= 0 AND ra_deg < 360),
  dec_deg double precision CONSTRAINT source_dec_is_in_range CHECK (dec_deg BETWEEN -90 AND 90),
  naif_id integer,
  elevation_deg double precision CONSTRAINT source_elevation_is_in_range CHECK (elevation_deg BETWEEN 0 AND 90),
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT source_has_what_its_kind_needs CHECK (
    (kind = 'FIXED' AND ra_deg IS NOT NULL AND dec_deg IS NOT NULL)
    OR (kind = 'SOLAR_SYSTEM' AND naif_id IS NOT NULL)
    OR (kind = 'CONSTANT_ELEVATION' AND elevation_deg IS NOT NULL))
);
CREATE TABLE obs_unit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT obs_unit_name_is_unique UNIQUE,
  observing_program_id bigint NOT NULL REFERENCES observing_program,
  source_id bigint NOT NULL REFERENCES source,
  instrument_id bigint REFERENCES instrument,
  line text,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
-- The id is made at the telescope, which may be offline when it observes.
CREATE TABLE executed_obs_unit (
  id uuid PRIMARY KEY,
  obs_unit_id bigint NOT NULL REFERENCES obs_unit,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  status text NOT NULL DEFAULT 'RUNNING'
    CONSTRAINT executed_obs_unit_status_is_known CHECK (status IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED')),
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT executed_obs_unit_ends_after_it_starts CHECK (finished_at >= started_at),
  CONSTRAINT executed_obs_unit_is_finished_or_running CHECK ((finished_at IS NULL) = (status = 'RUNNING'))
);
CREATE INDEX executed_obs_unit_by_obs_unit ON executed_obs_unit (obs_unit_id);
`;

/** The hardware that data come from, and what was planned and observed with it. */
export class Observatory1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE executed_obs_unit, obs_unit, source, observing_program, instrument_module, instrument, telescope, observatory`,
    );
  }
}
