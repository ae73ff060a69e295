import { sql, type AssociationTarget, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';

/** A sub-group as its associations see it. */
export interface SubGroupTarget extends AssociationTarget {
  readonly id: number;
  readonly memberCount: number;
  readonly lastMemberAtMs: number | null;
  /** What is bound to it now. */
  readonly association: JsonObject;
  readonly fingerprint: string;
}

export interface TargetsQuery {
  readonly stepId: number;
  /** Null is all of the step. */
  readonly ids: readonly number[] | null;
  /** The dimensions that are wanted. */
  readonly dimNames: readonly string[];
  readonly afterId: number;
  readonly limit: number;
}

/** Up to `limit` sub-groups of a step with ids above `afterId`, by id. */
export const loadAssociationTargets = (
  manager: EntityManager,
  { stepId, ids, dimNames, afterId, limit }: TargetsQuery,
): Promise<SubGroupTarget[]> =>
  queryRows<SubGroupTarget>(
    manager,
    sql`
    SELECT g.id, g.member_count AS "memberCount", g.association, g.association_fingerprint AS fingerprint,
      ${dimsAmong('g.common_dims', dimNames)} AS dims,
      (extract(epoch FROM g.time_from) * 1000)::float8 AS "timeFromMs", (extract(epoch FROM g.time_to) * 1000)::float8 AS "timeToMs",
      (extract(epoch FROM g.last_member_at) * 1000)::float8 AS "lastMemberAtMs"
    FROM sub_group g
    WHERE g.step_id = ${stepId} AND (${ids}::bigint[] IS NULL OR g.id = ANY(${ids}::bigint[])) AND g.id > ${afterId}
    ORDER BY g.id LIMIT ${limit}`,
  );
