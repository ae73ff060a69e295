import { sql, type Association, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';
import { producerStep } from './association-candidates.js';

/** States of a sub-group whose result will come without anybody's doing. */
const AT_WORK = ['missing', 'stale', 'running', 'settling', 'cooling_down'] as const;

/** A sub-group that will give a candidate. */
export interface AssociationProducer {
  readonly subGroupId: number;
  /** The dimensions in which a candidate must agree. */
  readonly dims: Dims;
  readonly timeFromMs: number | null;
  readonly timeToMs: number | null;
}

/** Sub-groups of the step that an association takes products of that have work to do, by id; none of `stepId` itself. */
export const loadAssociationProducers = (
  manager: EntityManager,
  { stepId, association }: { stepId: number; association: Association },
): Promise<AssociationProducer[]> =>
  queryRows<AssociationProducer>(
    manager,
    sql`
    SELECT g.id AS "subGroupId",
      ${dimsAmong('g.common_dims', association.same)} AS dims,
      (extract(epoch FROM g.time_from) * 1000)::float8 AS "timeFromMs", (extract(epoch FROM g.time_to) * 1000)::float8 AS "timeToMs"
    FROM sub_group g
    WHERE g.step_id = (${producerStep(stepId, association)}) AND g.step_id <> ${stepId} AND g.member_count > 0 AND g.state = ANY(${AT_WORK})
    ORDER BY g.id`,
  );
