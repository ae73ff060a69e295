import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import type { ProductsOfRun } from '../insert-products.sql.js';
import { hasGoodCopy } from './good-copy.js';
import { wakeWaiters } from './wake-waiters.sql.js';

/**
 * Compares what runs made again with what is registered, product by product: the same bytes are another copy of it, others stay where they are and are
 * only noted. Nothing of a product's record changes. Call it in the transaction that completes the runs.
 *
 * A request is settled as `different` when a product that had no copy did not come out as it was.
 */
export async function settleRemakes(
  manager: EntityManager,
  remakes: readonly ProductsOfRun[],
): Promise<void> {
  if (remakes.length === 0) return;
  const files = remakes.flatMap(({ runId, products }) => products.map((product) => ({ ...product, runId })));
  const settled = await queryRows<{ runId: number }>(
    manager,
    sql`
    WITH file AS MATERIALIZED (
      SELECT * FROM unnest(${files.map(({ runId }) => runId)}::bigint[], ${files.map((file) => file.path)}::text[],
        ${files.map(({ sha256 }) => sha256)}::text[], ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[]) AS file (run_id, path, sha256, size_bytes)
    ), compared AS MATERIALIZED (
      SELECT asked.id AS asked_id, product.item_id, run.location_id, attempt.directory || '/output/' || file.path AS path, file.sha256, file.size_bytes,
        CASE WHEN file.path IS NULL THEN 'absent' WHEN file.sha256 = item.content_hash AND file.size_bytes = item.size_bytes THEN 'same' ELSE 'different' END AS outcome,
        ${hasGoodCopy('product.item_id')} AS had_copy
      FROM run JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
      JOIN rematerialisation asked ON asked.remake_run_id = run.id
      JOIN data_product product ON product.run_id = run.remakes_run_id JOIN data_item item ON item.id = product.item_id
      LEFT JOIN file ON file.run_id = run.id AND file.path = product.path
      WHERE run.id = ANY(${remakes.map(({ runId }) => runId)}::bigint[])
    ), copied AS (
      INSERT INTO physical_copy (item_id, data_location_id, path, status, verified_at)
      SELECT item_id, location_id, path, 'PRESENT', now() FROM compared WHERE outcome = 'same' ORDER BY path
      ON CONFLICT (data_location_id, path) DO UPDATE SET status = 'PRESENT', verified_at = now() WHERE physical_copy.item_id = excluded.item_id
    ), noted AS (
      INSERT INTO remade_product (rematerialisation_id, item_id, outcome, sha256, size_bytes, path)
      SELECT asked_id, item_id, outcome, sha256, size_bytes, path FROM compared
      ON CONFLICT (rematerialisation_id, item_id) DO UPDATE SET outcome = excluded.outcome, sha256 = excluded.sha256, size_bytes = excluded.size_bytes, path = excluded.path
    )
      UPDATE rematerialisation asked SET finished_at = now(), reason = coalesce(bad.reason, ''), state = CASE WHEN bad.reason IS NULL THEN 'same' ELSE 'different' END
      FROM (SELECT asked_id, string_agg(format('product %s is %s', item_id, outcome), ', ' ORDER BY item_id) FILTER (WHERE outcome <> 'same' AND NOT had_copy) AS reason
            FROM compared GROUP BY asked_id) bad
      WHERE asked.id = bad.asked_id
      RETURNING asked.run_id AS "runId"`,
  );
  await wakeWaiters(
    manager,
    settled.map(({ runId }) => runId),
  );
}

/** Which of these runs make products of other runs again. */
export async function remakesAmong(
  manager: EntityManager,
  runIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`SELECT id FROM run WHERE id = ANY(${runIds}::bigint[]) AND remakes_run_id IS NOT NULL`,
  );
  return new Set(rows.map(({ id }) => id));
}
