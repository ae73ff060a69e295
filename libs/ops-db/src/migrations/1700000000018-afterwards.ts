import type { MigrationInterface, QueryRunner } from 'typeorm';

const IMMUTABLE =
  'software_id, version, image_ref, digest, command, environment, config_schema, exit_codes, image_digest';

const onUpdateOf = (columns: string): string => `
DROP TRIGGER software_version_is_immutable ON reduction_software_version;
CREATE TRIGGER software_version_is_immutable BEFORE UPDATE OF ${columns}
  ON reduction_software_version FOR EACH ROW EXECUTE FUNCTION refuse_update();`;

const UP = `
-- In the words of the definitions file: what each means is checked when it is applied.
ALTER TABLE reduction_software_version ADD COLUMN tables jsonb NOT NULL DEFAULT '[]'
  CONSTRAINT software_tables_are_a_list CHECK (jsonb_typeof(tables) = 'array');
${onUpdateOf(`${IMMUTABLE}, tables`)}
ALTER TABLE reduction_step
  ADD COLUMN quality jsonb NOT NULL DEFAULT '[]' CONSTRAINT step_quality_is_a_list CHECK (jsonb_typeof(quality) = 'array'),
  ADD COLUMN publication jsonb CONSTRAINT step_publication_is_an_object CHECK (jsonb_typeof(publication) = 'object'),
  ADD COLUMN retention jsonb CONSTRAINT step_retention_is_an_object CHECK (jsonb_typeof(retention) = 'object');
`;

const DOWN = `
ALTER TABLE reduction_step DROP COLUMN quality, DROP COLUMN publication, DROP COLUMN retention;
${onUpdateOf(IMMUTABLE)}
ALTER TABLE reduction_software_version DROP COLUMN tables;
`;

/** What a definition says of results once they are there: tables, quality, publication, retention. */
export class Afterwards1700000000018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
