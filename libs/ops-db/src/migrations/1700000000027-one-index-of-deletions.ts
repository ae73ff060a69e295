import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `physical_copy_being_deleted` is the same index; every change of a copy wrote both. */
export class OneIndexOfDeletions1700000000027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX copy_to_be_deleted');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX copy_to_be_deleted ON physical_copy (id) WHERE status = 'DELETION_SCHEDULED'`,
    );
  }
}
