import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Lets runs go on that waited for products of these runs; they look for themselves whether the bytes are there.
 *
 * A statement of its own, after the one that settled: a run that was put to wait meanwhile is seen (`listRemakeAccounts` says why that is enough).
 */
export async function wakeWaiters(manager: EntityManager, makerRunIds: readonly number[]): Promise<void> {
  if (makerRunIds.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH woken AS (
      UPDATE run SET not_before = now()
      WHERE status = 'PENDING' AND not_before > now() AND id IN (
        SELECT waiter.run_id FROM rematerialisation known JOIN rematerialisation_waiter waiter ON waiter.rematerialisation_id = known.id
        WHERE known.run_id = ANY(${makerRunIds}::bigint[]))
      RETURNING id
    )
    SELECT pg_notify('meridian_work', 'runs') FROM woken LIMIT 1`,
  );
}

/** The same for runs that waited for products of which these copies are. */
export async function wakeWaitersForCopies(
  manager: EntityManager,
  copyIds: readonly number[],
): Promise<void> {
  if (copyIds.length === 0) return;
  const makers = await queryRows<{ runId: number }>(
    manager,
    sql`SELECT DISTINCT product.run_id AS "runId" FROM physical_copy copy JOIN data_product product USING (item_id) WHERE copy.id = ANY(${copyIds}::bigint[])`,
  );
  await wakeWaiters(
    manager,
    makers.map(({ runId }) => runId),
  );
}
