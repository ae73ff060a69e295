import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { ANSWERED_ONCE } from './answered-once.js';

/** A pipeline's open requests. Read before its evaluation, so that it closes only those it has taken into account. */
export async function listOpenTriggerRequests(manager: EntityManager, pipelineId: number): Promise<number[]> {
  const rows = await queryPrepared<{ id: number }>(
    manager,
    sql`SELECT id FROM trigger_request WHERE pipeline_id = ${pipelineId} AND closed_at IS NULL ORDER BY id`,
  );
  return rows.map((row) => row.id);
}

/**
 * Closes those of the requests of which nothing is left to do: no sub-group of their selection wants a run, has one, or will
 * want one once time has passed. What is blocked, incomplete, failed or waived needs a person and holds nothing open.
 */
export async function closeTriggerRequests(
  manager: EntityManager,
  requestIds: readonly number[],
  now: Date,
): Promise<number> {
  const rows = await queryPrepared(
    manager,
    sql`
    UPDATE trigger_request asked SET closed_at = ${now}
    WHERE asked.id = ANY(${requestIds}::bigint[]) AND asked.closed_at IS NULL AND NOT EXISTS (
      SELECT FROM sub_group g JOIN reduction_step step ON step.id = g.step_id
      WHERE step.pipeline_id = asked.pipeline_id AND step.retired_at IS NULL AND g.common_dims @> asked.selection
        AND (asked.step_names IS NULL OR step.name = ANY(asked.step_names))
        AND (g.state = 'running' OR g.state IN ('missing', 'stale', 'settling', 'cooling_down', 'paused') AND ${ANSWERED_ONCE}))
    RETURNING asked.id`,
  );
  return rows.length;
}
