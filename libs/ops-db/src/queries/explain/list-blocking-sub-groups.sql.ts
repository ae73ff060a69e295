import { sql, type Dims, type JsonObject, type StaleCause, type SubGroupState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';

/** An upstream sub-group that another one waits for. */
export interface BlockingSubGroup {
  readonly id: number;
  readonly step: string;
  readonly dims: Dims;
  readonly state: SubGroupState;
  readonly causes: readonly StaleCause[];
  readonly detail: JsonObject;
  readonly until: Date | null;
}

export interface BlockingRequest {
  readonly subGroupId: number;
  /** As the step's states are judged by (`refreshStates`). */
  readonly awaitedStepIds: readonly number[];
  readonly keyNames: readonly string[];
  readonly limit: number;
}

/** Up to `limit` upstream sub-groups that feed a sub-group and are not current: it feeds what it agrees with in every dimension that it has of the key. */
export const listBlockingSubGroups = (
  manager: EntityManager,
  { subGroupId, awaitedStepIds, keyNames, limit }: BlockingRequest,
): Promise<BlockingSubGroup[]> =>
  queryRows<BlockingSubGroup>(
    manager,
    sql`
    SELECT up.id, step.name AS step, up.dims, up.state, up.causes, up.detail, up.until
    FROM sub_group g
    JOIN sub_group up ON up.step_id = ANY(${awaitedStepIds}) AND up.member_count > 0 AND up.state NOT IN ('current', 'waived')
    JOIN reduction_step step ON step.id = up.step_id
    WHERE g.id = ${subGroupId} AND g.dims @> ${dimsAmong('up.common_dims', keyNames)}
    ORDER BY step.position, up.id LIMIT ${limit}`,
  );
