import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- What the last look at a processing location found: {"ok", "code", "message", "action", "details"}. NULL: nobody has looked yet.
ALTER TABLE data_location
  ADD COLUMN health jsonb,
  ADD COLUMN health_checked_at timestamptz,
  ADD CONSTRAINT data_location_health_says_when CHECK ((health IS NULL) OR (health_checked_at IS NOT NULL));
`;

/** Whether jobs could be run at each location, so that people are told before a run fails of it. */
export class LocationHealth1700000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE data_location DROP COLUMN health, DROP COLUMN health_checked_at`);
  }
}
