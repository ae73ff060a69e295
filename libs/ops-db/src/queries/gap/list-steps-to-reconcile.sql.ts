import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Pipelines with a living step that was not compared with a look at everything since `before`, the longest ago first. */
export const listStepsToReconcile = async (manager: EntityManager, before: Date): Promise<number[]> => {
  const rows = await queryRows<{ pipelineId: number }>(
    manager,
    sql`
    SELECT step.pipeline_id AS "pipelineId"
    FROM step_evaluation known JOIN reduction_step step ON step.id = known.step_id
    WHERE step.retired_at IS NULL AND known.reconciled_at < ${before}
    GROUP BY step.pipeline_id ORDER BY min(known.reconciled_at)`,
  );
  return rows.map(({ pipelineId }) => pipelineId);
};
