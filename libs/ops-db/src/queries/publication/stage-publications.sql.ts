import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Stages what automatic publication of their steps names of the products of completed runs; what is staged already is left alone. Call it
 * in the transaction that completes the runs.
 */
export async function stagePublications(
  manager: EntityManager,
  { runIds, actor }: { runIds: readonly number[]; actor: string },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO publication (item_id, data_location_id, gate, max_attempts, moved_by, moved_why)
    SELECT product.item_id, location.id, coalesce(step.publication -> 'gate', '{}'), coalesce((step.publication ->> 'max_attempts')::integer, 3),
      ${actor}, format('run %s completed', run.id)
    FROM run JOIN reduction_step step ON step.id = run.step_id
    JOIN data_location location ON location.name = step.publication ->> 'to'
    JOIN data_product product ON product.run_id = run.id
      AND coalesce(nullif(step.publication -> 'types', '[]'), '["SCIENCE"]') ? product.type
    WHERE run.id = ANY(${runIds}::bigint[]) AND coalesce((step.publication ->> 'automatic')::boolean, true)
    ON CONFLICT (item_id, data_location_id) DO NOTHING`,
  );
}
