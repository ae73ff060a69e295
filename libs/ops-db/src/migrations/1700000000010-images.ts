import type { MigrationInterface, QueryRunner } from 'typeorm';

const IMMUTABLE = 'software_id, version, image_ref, digest, command, environment, config_schema, exit_codes';

const onUpdateOf = (columns: string): string => `
DROP TRIGGER software_version_is_immutable ON reduction_software_version;
CREATE TRIGGER software_version_is_immutable BEFORE UPDATE OF ${columns}
  ON reduction_software_version FOR EACH ROW EXECUTE FUNCTION refuse_update();`;

const UP = `
-- Of the image alone; digest covers the folder of the program as well, where there is one. NULL for a tag: see image_pin.
ALTER TABLE reduction_software_version ADD COLUMN image_digest text
  CONSTRAINT software_image_digest_is_sha256 CHECK (image_digest ~ '^sha256:[0-9a-f]{64}$'),
  ADD CONSTRAINT only_images_have_an_image_digest CHECK (image_digest IS NULL OR image_ref IS NOT NULL);
${onUpdateOf(`${IMMUTABLE}, image_digest`)}

-- What a reference without a digest meant when it was first resolved. It means that for ever, at every location.
CREATE TABLE image_pin (
  reference text PRIMARY KEY,
  digest text NOT NULL CONSTRAINT image_pin_is_sha256 CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  pinned_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER image_pin_is_immutable BEFORE UPDATE ON image_pin FOR EACH ROW EXECUTE FUNCTION refuse_update();

-- An image at a processing location: where its file is, or why it is not.
CREATE TABLE location_image (
  location_id bigint NOT NULL REFERENCES data_location,
  image text NOT NULL,
  -- The image_digest of the versions that name it; empty for a tag.
  wanted_digest text NOT NULL,
  -- The SIF file, and what its bytes were when it was read: they are read again when file_state (size, times, inode) changes.
  path text,
  file_state text,
  sha256 text,
  checked_at timestamptz,
  problem text,
  failures integer NOT NULL DEFAULT 0,
  -- Who fetches or reads it now.
  busy_owner text,
  -- Until then nobody else tries, and no run that needs it is claimed.
  retry_at timestamptz,
  PRIMARY KEY (location_id, image, wanted_digest),
  CONSTRAINT image_in_place_is_known CHECK (num_nonnulls(path, file_state, sha256) IN (0, 3)),
  CONSTRAINT image_problem_has_no_file CHECK (problem IS NULL OR path IS NULL),
  CONSTRAINT busy_image_says_until_when CHECK (busy_owner IS NULL OR retry_at IS NOT NULL)
);
`;

/** Container images: what they must be, and where their files are. */
export class Images1700000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TABLE location_image, image_pin;
${onUpdateOf(IMMUTABLE)}
ALTER TABLE reduction_software_version DROP COLUMN image_digest;`);
  }
}
