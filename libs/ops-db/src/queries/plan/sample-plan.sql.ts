import { sql, type Dims, type JsonObject, type StaleCause, type SubGroupState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { PLANNED_RUN, type PlannedRun } from './planned-run.js';

/** A sub-group before and after; null is not there. */
export interface SampledSubGroup {
  readonly stepId: number;
  readonly dims: Dims;
  readonly before: SubGroupState | null;
  readonly after: SubGroupState | null;
  readonly causes: readonly StaleCause[];
  readonly detail: JsonObject;
  readonly until: Date | null;
  readonly members: number;
  readonly inputBytes: number;
  readonly planned: PlannedRun | null;
}

/** Up to `limit` sub-groups of each living step of a pipeline: those that become something else first, then those that get a run. */
export const samplePlan = (
  manager: EntityManager,
  { pipelineId, limit }: { pipelineId: number; limit: number },
): Promise<SampledSubGroup[]> =>
  queryRows<SampledSubGroup>(
    manager,
    sql`
    SELECT "stepId", sampled.dims, before, after, causes, detail, until, members, "inputBytes", planned FROM reduction_step step
    CROSS JOIN LATERAL (
      SELECT step.id AS "stepId", coalesce(g.dims, was.dims) AS dims, was.state AS before, g.state AS after, coalesce(g.causes, '{}') AS causes,
        coalesce(g.detail, '{}') AS detail, g.until, coalesce(g.member_count, 0) AS members, coalesce(g.member_bytes, 0) AS "inputBytes",
        ${PLANNED_RUN} AS planned,
        row_number() OVER (ORDER BY g.state IS NOT DISTINCT FROM was.state, ${PLANNED_RUN} IS NULL, coalesce(g.id, was.id)) AS place
      FROM (SELECT * FROM sub_group WHERE step_id = step.id) g
      FULL JOIN (SELECT * FROM public.sub_group WHERE step_id = step.id) was ON was.id = g.id
      LEFT JOIN plan_follower follower ON follower.sub_group_id = g.id
      ORDER BY place LIMIT ${limit}
    ) sampled
    WHERE step.pipeline_id = ${pipelineId} AND step.retired_at IS NULL
    ORDER BY step.position, step.id, place`,
  );
