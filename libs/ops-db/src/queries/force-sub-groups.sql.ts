import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import type { NewTriggerRequest } from './insert-trigger-request.sql.js';

export type ForceRequest = Pick<NewTriggerRequest, 'pipelineId' | 'selection' | 'steps' | 'actor'>;

/**
 * Marks the selected sub-groups of living steps to be run again whatever they have, waived or not, and asks for their evaluation;
 * returns how many.
 */
export async function forceSubGroups(manager: EntityManager, request: ForceRequest): Promise<number> {
  const row = await queryRow<{ forced: number }>(
    manager,
    sql`
    WITH forced AS (
      UPDATE sub_group g
      SET forced_at = now(), forced_by = ${request.actor}, waived_at = NULL, waived_by = NULL, waived_reason = NULL
      FROM reduction_step step
      WHERE step.id = g.step_id AND step.pipeline_id = ${request.pipelineId} AND step.retired_at IS NULL
        AND (${request.steps}::text[] IS NULL OR step.name = ANY(${request.steps}::text[]))
        AND g.common_dims @> ${JSON.stringify(request.selection)}::jsonb
      RETURNING g.id, g.step_id
    ), told AS (
      INSERT INTO sub_group_change (step_id, sub_group_id) SELECT step_id, id FROM forced
    )
    SELECT count(*)::int AS forced, pg_notify('meridian_work', 'evaluate') FROM forced
  `,
  );
  return row?.forced ?? 0;
}
