import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Has the steps of a pipeline (null: of all) evaluated from scratch, as if they never had been. */
export async function forgetEvaluations(manager: EntityManager, pipelineId: number | null): Promise<void> {
  await queryRows(
    manager,
    sql`
    DELETE FROM step_evaluation known USING reduction_step step
    WHERE step.id = known.step_id AND (${pipelineId}::bigint IS NULL OR step.pipeline_id = ${pipelineId})`,
  );
}
