import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { NewTriggerRequest } from './insert-trigger-request.sql.js';

/** Marks the selected sub-groups of living steps to be run again whatever they have, waived or not; returns how many. */
export async function forceSubGroups(manager: EntityManager, request: NewTriggerRequest): Promise<number> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    UPDATE sub_group g
    SET forced_at = now(), forced_by = ${request.actor}, waived_at = NULL, waived_by = NULL, waived_reason = NULL
    FROM reduction_step step
    WHERE step.id = g.step_id AND step.pipeline_id = ${request.pipelineId} AND step.retired_at IS NULL
      AND (${request.steps}::text[] IS NULL OR step.name = ANY(${request.steps}::text[]))
      AND g.common_dims @> ${JSON.stringify(request.selection)}::jsonb
    RETURNING g.id
  `,
  );
  return rows.length;
}
