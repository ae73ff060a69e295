import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { feedingColumns } from './feeding.js';
import { isNewSince, isUnseenBy } from './unseen.js';
import { subGroupKey, type StepSelection } from './step-members.js';

export interface TouchedQuery {
  readonly selection: StepSelection;
  /** Changes that are visible in `upTo` and not in `since` (pg_snapshot). */
  readonly since: string;
  readonly upTo: string;
  readonly now: Date;
  /** Sub-groups whose members changed. */
  readonly ids: readonly number[];
  /** Upstream sub-groups whose state or dims changed. */
  readonly upstreamIds: readonly number[];
  /** Common dims that upstream sub-groups have no longer. */
  readonly upstreamDims: readonly JsonObject[];
}

/**
 * Sub-groups of a step that must be judged again: those whose members, runs or marks changed, whose waiting is over,
 * those that the changed upstream sub-groups feed, and those that a close may concern.
 */
export const listTouchedSubGroups = async (
  manager: EntityManager,
  { selection, since, upTo, now, ids, upstreamIds, upstreamDims }: TouchedQuery,
): Promise<number[]> => {
  const { stepId } = selection;
  const rows = await queryPrepared<{ id: number }>(
    manager,
    sql`
    WITH feeding AS MATERIALIZED (
      SELECT DISTINCT ${feedingColumns(selection)}
      FROM (
        SELECT common_dims FROM sub_group WHERE id = ANY(${upstreamIds}::bigint[])
        UNION ALL
        SELECT value FROM jsonb_array_elements(${JSON.stringify(upstreamDims)}::jsonb) AS was(value)
        UNION ALL
        SELECT closing.selection FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id
        JOIN grouping_close closing ON closing.data_grouping_id = pipeline.data_grouping_id
        WHERE step.id = ${stepId} AND ${isUnseenBy('closing.tx', sql`${since}::pg_snapshot`)}
          AND pg_visible_in_snapshot(closing.tx, ${upTo}::pg_snapshot)
      ) up (common_dims)
    )
    SELECT unnest(${ids}::bigint[]) AS id
    UNION
    SELECT sub_group_id FROM sub_group_change
    WHERE step_id = ${stepId} AND ${isNewSince(since)}
      AND pg_visible_in_snapshot(tx, ${upTo}::pg_snapshot)
    UNION
    SELECT id FROM sub_group WHERE until <= ${now} AND step_id = ${stepId}
    UNION
    -- OFFSET 0: looked up one by one, however many the planner expects.
    SELECT g.id FROM feeding CROSS JOIN LATERAL (
      SELECT id FROM sub_group WHERE step_id = ${stepId} AND key = ${subGroupKey('feeding.known_dims')} OFFSET 0) g
    WHERE feeding.is_full
    UNION
    SELECT g.id FROM feeding JOIN sub_group g ON g.step_id = ${stepId} AND g.dims @> feeding.known_dims
    WHERE NOT feeding.is_full`,
  );
  return rows.map(({ id }) => id);
};
