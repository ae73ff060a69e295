import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Forgets what is staged of runs that nobody collects any more: they ended without it, or are tried again. Steps from run to run, over an index. */
export async function forgetStagedRows(manager: EntityManager): Promise<void> {
  await queryRows(
    manager,
    sql`
    WITH RECURSIVE staged AS (
      SELECT (SELECT min(run_id) FROM staged_row) AS run_id
      UNION ALL
      SELECT (SELECT min(next.run_id) FROM staged_row next WHERE next.run_id > staged.run_id) FROM staged WHERE staged.run_id IS NOT NULL
    ), left_behind AS MATERIALIZED (
      SELECT run.id FROM staged JOIN run ON run.id = staged.run_id WHERE run.status <> 'COLLECTING_RESULTS'
    )
    DELETE FROM staged_row USING left_behind WHERE staged_row.run_id = left_behind.id`,
  );
}
