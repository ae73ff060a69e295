import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/**
 * Adds what changed to the tally of runs, and forgets it; returns how many changes that were.
 *
 * One statement, so every snapshot has a change either in the one table or in the other. What a transaction commits later than this
 * looks is left for the next time. One replica at a time: another that comes meanwhile finds nothing to do and does not wait.
 */
export async function foldRunTallies(manager: EntityManager): Promise<number> {
  const row = await queryRow<{ folded: number }>(
    manager,
    sql`
    WITH taken AS (
      DELETE FROM run_tally_change WHERE (SELECT pg_try_advisory_xact_lock(hashtext('meridian.fold-run-tallies')))
      RETURNING step_id, status, count
    ),
    folded AS (
      INSERT INTO run_tally AS tally (step_id, status, count)
      SELECT step_id, status, sum(count) FROM taken GROUP BY step_id, status HAVING sum(count) <> 0
      ON CONFLICT (step_id, status) DO UPDATE SET count = tally.count + excluded.count
    )
    SELECT count(*)::int AS folded FROM taken`,
  );
  return row?.folded ?? 0;
}
