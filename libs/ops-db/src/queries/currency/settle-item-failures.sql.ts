import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Closes the open failures of items that these runs have spoken of, and opens one for each that failed or is missing. Call it after the
 * outcomes are stored; what a later run of the same step said is left as it is, so doing it twice changes nothing.
 */
export async function settleItemFailures(manager: EntityManager, runIds: readonly number[]): Promise<void> {
  if (runIds.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH said AS MATERIALIZED (
      SELECT DISTINCT ON (run.step_id, said.item_id) run.step_id, said.item_id, said.run_id, said.outcome IN ('failed', 'missing') AS is_bad
      FROM run JOIN item_outcome said ON said.run_id = run.id
      WHERE run.id = ANY(${runIds}::bigint[]) ORDER BY run.step_id, said.item_id, said.run_id DESC
    ),
    healed AS (
      DELETE FROM open_item_failure known USING said
      WHERE known.step_id = said.step_id AND known.item_id = said.item_id AND known.run_id <= said.run_id AND NOT said.is_bad
    )
    INSERT INTO open_item_failure AS known (step_id, item_id, run_id)
    SELECT step_id, item_id, run_id FROM said
    WHERE is_bad AND NOT EXISTS (
      SELECT FROM item_outcome later JOIN run ON run.id = later.run_id
      WHERE later.item_id = said.item_id AND later.run_id > said.run_id AND run.step_id = said.step_id)
    ON CONFLICT (step_id, item_id) DO UPDATE SET run_id = excluded.run_id WHERE excluded.run_id > known.run_id`,
  );
}
