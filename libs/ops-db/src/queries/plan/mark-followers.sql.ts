import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { feedingColumns } from '../gap/feeding.js';

export interface FollowersRequest {
  readonly stepId: number;
  readonly upstreamStepIds: readonly number[];
  /** As the step's states are judged by (`refreshStates`). */
  readonly keyNames: readonly string[];
  readonly hasPlainKey: boolean;
}

/** States of which a run comes without anybody doing anything. */
const MOVING = ['missing', 'stale', 'settling', 'cooling_down', 'running'] as const;

/**
 * Notes in `plan_follower` which sub-groups of a step will want a run when those that feed them have had theirs: what waits for
 * nothing but runs that come by themselves, and what is current only until one of these is done. Call it for the upstream steps first.
 */
export async function markFollowers(manager: EntityManager, request: FollowersRequest): Promise<void> {
  if (request.upstreamStepIds.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH feeder AS MATERIALIZED (
      SELECT DISTINCT up.state = ANY(${MOVING}) OR follower.sub_group_id IS NOT NULL AS moves,
        ${feedingColumns(request)}
      FROM sub_group up LEFT JOIN plan_follower follower ON follower.sub_group_id = up.id
      WHERE up.step_id = ANY(${request.upstreamStepIds}) AND up.member_count > 0
        AND (up.state NOT IN ('current', 'waived') OR follower.sub_group_id IS NOT NULL)
        OR up.step_id = ANY(${request.upstreamStepIds}) AND follower.sub_group_id IS NOT NULL
    ),
    fed AS (
      SELECT g.id, feeder.moves FROM sub_group g JOIN feeder ON feeder.known_dims = g.dims
      WHERE g.step_id = ${request.stepId} AND feeder.is_full
      UNION ALL
      SELECT g.id, feeder.moves FROM sub_group g JOIN feeder ON g.dims @> feeder.known_dims
      WHERE g.step_id = ${request.stepId} AND NOT feeder.is_full
    ),
    outlook AS (SELECT id, bool_and(moves) AS all_move, bool_or(moves) AS some_move FROM fed GROUP BY id)
    INSERT INTO plan_follower (sub_group_id)
    SELECT g.id FROM sub_group g JOIN outlook USING (id)
    WHERE g.state = 'blocked' AND g.detail ? 'blocked_by' AND all_move OR g.state = 'current' AND some_move`,
  );
}
