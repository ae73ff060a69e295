import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { ACTIVE_LIST, RUN_IS_IN_SCOPE } from './kill-row.js';

/**
 * Asks every active run in the scope of an open kill to stop, and remembers that the kill found it. PENDING ones are CANCELLED at once.
 *
 * Called again at every look, because a run that an evaluation was creating when the kill came is seen only now. Runs that were
 * told already are not touched, and rows are locked in the order of their ids. Returns how many were told now.
 */
export const stopKilledRuns = async (manager: EntityManager, killId: number): Promise<number> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH kill AS (
      SELECT *, CASE WHEN scope = 'run' THEN requested_by ELSE 'kill:' || id END AS actor,
             CASE WHEN scope = 'run' THEN reason ELSE format('%s (asked for by %s)', reason, requested_by) END AS why
      FROM kill_request
      WHERE id = ${killId} AND settled_at IS NULL AND lifted_at IS NULL
    ), active AS (
      SELECT run.id, run.cancel_requested_at IS NULL AS is_new
      FROM run JOIN kill ON ${RUN_IS_IN_SCOPE}
      WHERE run.status IN ${ACTIVE_LIST}
        AND (run.cancel_requested_at IS NULL
             OR NOT EXISTS (SELECT FROM kill_run WHERE kill_run.kill_request_id = kill.id AND kill_run.run_id = run.id))
      ORDER BY run.id
      FOR UPDATE OF run
    ), found AS (
      INSERT INTO kill_run (kill_request_id, run_id) SELECT kill.id, active.id FROM active, kill
      ON CONFLICT DO NOTHING
    )
    UPDATE run
    SET cancel_requested_at = now(), cancel_requested_by = kill.actor, cancel_reason = kill.why,
        status = CASE WHEN run.status = 'PENDING' THEN 'CANCELLED' ELSE run.status END,
        finished_at = CASE WHEN run.status = 'PENDING' THEN now() END,
        waiting_reason = CASE WHEN run.status = 'PENDING' THEN NULL ELSE run.waiting_reason END,
        moved_by = CASE WHEN run.status = 'PENDING' THEN kill.actor ELSE run.moved_by END,
        moved_why = CASE WHEN run.status = 'PENDING' THEN 'cancelled: ' || kill.why ELSE run.moved_why END,
        changed_at = now()
    FROM active, kill
    WHERE run.id = active.id AND active.is_new
    RETURNING run.id, pg_notify('meridian_work', 'runs')
  `,
  );
  return rows.length;
};
