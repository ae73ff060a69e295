import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Forgets up to `limit` looks at runs that have ended and never said anything. */
export async function forgetSilentProgress(manager: EntityManager, limit: number): Promise<void> {
  await queryRows(
    manager,
    sql`
    DELETE FROM run_progress USING (
      SELECT known.run_id FROM run_progress known JOIN run ON run.id = known.run_id
      WHERE known.progress IS NULL AND run.status <> 'RUNNING' LIMIT ${limit}
    ) ended
    WHERE run_progress.run_id = ended.run_id AND run_progress.progress IS NULL`,
  );
}
