import { rawSql, sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { amongIds } from './among-ids.js';
import { slotsBy } from './member-sums.js';
import { membersOfTargets, reachOf, type StepSelection } from './step-members.js';

export interface RecountRequest {
  readonly selection: StepSelection;
  /** Null counts every sub-group of the step. */
  readonly ids: readonly number[] | null;
}

/**
 * What sums cannot tell of some sub-groups, from their members as they are: common dims, time range, first member, slots.
 * Returns the common dims that are not what they were.
 */
export async function recountSubGroups(
  manager: EntityManager,
  { selection, ids }: RecountRequest,
): Promise<JsonObject[]> {
  if (ids?.length === 0) return [];
  const reach = ids === null ? 'scan' : reachOf(selection, ids.length);
  const rows = await queryRows<{ was: JsonObject }>(
    manager,
    sql`
    WITH target AS MATERIALIZED (
      SELECT id, dims FROM sub_group
      WHERE step_id = ${selection.stepId} AND ${amongIds('id', ids)} AND member_count > 0
    ),
    member AS MATERIALIZED (${membersOfTargets(selection, reach)}),
    counted AS (
      SELECT sub_group_id, count(*) AS members, min(registered_at) AS first_at, min(obs_time) AS time_from,
        max(coalesce(obs_time_end, obs_time)) AS time_to, agreed(dims) AS common_dims
      FROM member GROUP BY sub_group_id
    ),
    filled AS (${slotsBy('sub_group_id', selection.slotDim)}),
    counted_again AS (
    UPDATE sub_group g SET common_dims = coalesce(counted.common_dims, '{}') || g.dims, first_member_at = counted.first_at,
      time_from = counted.time_from, time_to = counted.time_to, slots = coalesce(filled.slots, ${rawSql(`'{}'`)})
    FROM counted LEFT JOIN filled USING (sub_group_id)
    WHERE g.id = counted.sub_group_id
      RETURNING g.id, g.common_dims
    )
    SELECT known.common_dims AS was FROM counted_again again JOIN sub_group known USING (id) WHERE known.common_dims <> again.common_dims`,
  );
  return rows.map(({ was }) => was);
}
