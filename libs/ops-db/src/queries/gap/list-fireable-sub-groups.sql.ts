import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { ANSWERED_ONCE } from './answered-once.js';

/** A sub-group that wants a run and may have one, with the parameters that a request gives that run instead of the step's own. */
export interface FireableSubGroup {
  readonly id: number;
  readonly overrides: JsonObject | null;
}

/**
 * Up to `limit` sub-groups of a step that want a run and may have one: of a CONTINUOUS pipeline, or as an open request selects.
 *
 * A request is answered once for each sub-group: what arrives after its run waits for the next request.
 */
export const listFireableSubGroups = (
  manager: EntityManager,
  { stepId, limit }: { stepId: number; limit: number },
): Promise<FireableSubGroup[]> =>
  queryPrepared<FireableSubGroup>(
    manager,
    sql`
    SELECT g.id, asked.overrides
    FROM sub_group g JOIN reduction_step step ON step.id = g.step_id JOIN pipeline ON pipeline.id = step.pipeline_id
    LEFT JOIN LATERAL (
      SELECT asked.id, asked.overrides -> step.name AS overrides FROM trigger_request asked
      WHERE asked.pipeline_id = pipeline.id AND asked.closed_at IS NULL AND g.common_dims @> asked.selection
        AND (asked.step_names IS NULL OR step.name = ANY(asked.step_names)) AND ${ANSWERED_ONCE}
      ORDER BY asked.id DESC LIMIT 1
    ) asked ON true
    WHERE g.step_id = ${stepId} AND g.state IN ('missing', 'stale') AND (pipeline.trigger_type = 'CONTINUOUS' OR asked.id IS NOT NULL)
    ORDER BY g.id LIMIT ${limit}`,
  );
