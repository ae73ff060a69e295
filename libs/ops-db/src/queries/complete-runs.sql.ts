import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { RunResult } from './run-result.js';

/**
 * COLLECTING_RESULTS → COMPLETED or COMPLETED_WITH_WARNINGS for runs that the caller locked and whose products it inserted in
 * this transaction. Returns how many.
 *
 * The newest completed run of a sub-group is its result: products of the older of the two runs, normally the previous
 * result, are superseded. When a person retried a run that is older than the present result, it is that run's own. A run that only made
 * bytes again is nobody's result.
 */
export async function completeRuns(
  manager: EntityManager,
  { actor, results }: { actor: string; results: readonly RunResult[] },
): Promise<number> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH result AS (
      SELECT * FROM unnest(
        ${results.map((result) => result.runId)}::bigint[],
        ${results.map((result) => result.warnings.length)}::integer[],
        ${results.map((result) => result.products.length)}::integer[]
      ) AS r (run_id, warnings, products)
    ), done AS (
      UPDATE run
      SET status = CASE WHEN result.warnings = 0 THEN 'COMPLETED' ELSE 'COMPLETED_WITH_WARNINGS' END,
          finished_at = now(), changed_at = now(), lease_owner = NULL, lease_expires_at = NULL, waiting_reason = NULL,
          moved_by = ${actor}::text, moved_why = format('%s products, %s warnings', result.products, result.warnings)
      FROM result
      WHERE run.id = result.run_id AND run.status = 'COLLECTING_RESULTS'
      RETURNING run.id, run.sub_group_id, run.remakes_run_id
    ), superseded AS (
      UPDATE data_product
      SET superseded_at = now(), superseded_by_run_id = greatest(sub_group.last_completed_run_id, done.id)
      FROM done JOIN sub_group ON sub_group.id = done.sub_group_id
      WHERE sub_group.last_completed_run_id <> done.id AND done.remakes_run_id IS NULL
        AND data_product.run_id = least(sub_group.last_completed_run_id, done.id)
        AND data_product.superseded_at IS NULL
    ), advanced AS (
      UPDATE sub_group SET last_completed_run_id = greatest(sub_group.last_completed_run_id, done.id)
      FROM done WHERE sub_group.id = done.sub_group_id AND done.remakes_run_id IS NULL
    )
    SELECT id FROM done
  `,
  );
  return rows.length;
}
