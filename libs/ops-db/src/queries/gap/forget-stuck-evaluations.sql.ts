import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { isUnseenBy } from './unseen.js';

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
      WHERE ${isUnseenBy('change.tx', sql`known.snapshot`)})
    RETURNING known.step_id AS "stepId"`,
  );
  return rows.map(({ stepId }) => stepId);
};
