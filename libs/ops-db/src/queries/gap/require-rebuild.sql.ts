import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Has the members of every sub-group of a pipeline's steps (null: of all) looked for again; what was counted of them is kept where it fits. */
export async function requireRebuild(manager: EntityManager, pipelineId: number | null): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE step_evaluation known SET membership_hash = '' FROM reduction_step step
    WHERE step.id = known.step_id AND (${pipelineId}::bigint IS NULL OR step.pipeline_id = ${pipelineId})`,
  );
}
