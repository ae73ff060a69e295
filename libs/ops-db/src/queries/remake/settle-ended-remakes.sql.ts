import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { wakeWaiters } from './wake-waiters.sql.js';

/** Requests whose run failed for good, or was cancelled, have failed; those who wait are told. Returns how many. */
export const settleEndedRemakes = (manager: EntityManager): Promise<number> =>
  manager.transaction(async (transaction) => {
    const failed = await failEnded(transaction);
    await wakeWaiters(
      transaction,
      failed.map(({ runId }) => runId),
    );
    return failed.length;
  });

const failEnded = (manager: EntityManager): Promise<{ readonly runId: number }[]> =>
  queryRows(
    manager,
    sql`
      UPDATE rematerialisation asked SET state = 'failed', finished_at = now(),
        reason = CASE run.status WHEN 'FAILED' THEN format('it failed as %s: %s', run.failure_class, run.failure_reason)
          ELSE format('it was cancelled by %s', coalesce(run.cancel_requested_by, 'its site')) || coalesce(': ' || nullif(run.cancel_reason, ''), '') END
      FROM run
      WHERE asked.state = 'making' AND asked.finished_at IS NULL AND run.id = asked.remake_run_id AND run.status IN ('FAILED', 'CANCELLED')
      RETURNING asked.run_id AS "runId"`,
  );
