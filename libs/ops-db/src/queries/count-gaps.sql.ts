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

/**
 * How many sub-groups of each living step are in each state, `current` included, in the order of pipelines and their steps.
 *
 * Counts all of them, in the index sub_group_by_state alone: 0.2 s a million. A tally like that of runs (count-runs.sql.ts) would answer
 * at once, but make every UPDATE of sub-groups a tenth slower, and these are what an evaluation consists of.
 */
export const countGaps = (manager: EntityManager, pipeline: string | null): Promise<GapCount[]> =>
  queryRows(
    manager,
    sql`
    SELECT pipeline.name AS pipeline, step.name AS step, step.position, counted.state, counted.count
    FROM reduction_step step
    JOIN pipeline ON pipeline.id = step.pipeline_id
    CROSS JOIN LATERAL (SELECT state, count(*) AS count FROM sub_group WHERE step_id = step.id GROUP BY state) counted
    WHERE step.retired_at IS NULL AND (${pipeline}::text IS NULL OR pipeline.name = ${pipeline})
    ORDER BY pipeline.name, step.position, counted.state
  `,
  );
