import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Forgets the evaluation of living steps that were not evaluated since `before` although something changed since: the feed cannot
 * be kept for them for ever. Returns their ids.
 */
export const forgetStuckEvaluations = async (manager: EntityManager, before: Date): Promise<number[]> => {
  const rows = await queryRows<{ stepId: number }>(
    manager,
    sql`
    DELETE FROM step_evaluation known USING reduction_step step
    WHERE step.id = known.step_id AND step.retired_at IS NULL AND known.evaluated_at < ${before} AND EXISTS (
      SELECT FROM data_item_change change
      WHERE change.tx >= pg_snapshot_xmin(known.snapshot) AND NOT pg_visible_in_snapshot(change.tx, known.snapshot))
    RETURNING known.step_id AS "stepId"`,
  );
  return rows.map(({ stepId }) => stepId);
};
