import { sql, type SubGroupState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface GapCount {
  readonly pipeline: string;
  readonly step: string;
  readonly position: number;
  readonly state: SubGroupState;
  readonly count: number;
}

/** How many sub-groups of each living step are in each state, `current` included, in the order of pipelines and their steps. */
export const countGaps = (manager: EntityManager, pipeline: string | null): Promise<GapCount[]> =>
  queryRows(
    manager,
    sql`
    SELECT pipeline.name AS pipeline, step.name AS step, step.position, g.state, count(*) AS count
    FROM sub_group g
    JOIN reduction_step step ON step.id = g.step_id
    JOIN pipeline ON pipeline.id = step.pipeline_id
    WHERE step.retired_at IS NULL AND (${pipeline}::text IS NULL OR pipeline.name = ${pipeline})
    GROUP BY pipeline.name, step.name, step.position, g.state
    ORDER BY pipeline.name, step.position, g.state
  `,
  );
