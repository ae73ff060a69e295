import { sql, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface RunCount {
  readonly pipeline: string;
  readonly step: string;
  readonly status: RunStatus;
  readonly count: number;
}

export interface RunsToCount {
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly status: RunStatus | null;
}

/**
 * How many runs of each step are in each status, in the order of pipelines and their steps; one that no run is in is absent. A step
 * that was retired counts for its name.
 *
 * Exactly what counting the runs in the same snapshot would say, without looking at any: the tally and what is not yet folded into it.
 */
export const countRuns = (
  manager: EntityManager,
  { pipeline, step, status }: RunsToCount,
): Promise<RunCount[]> =>
  queryRows(
    manager,
    sql`
    SELECT pipeline.name AS pipeline, step.name AS step, tally.status, sum(tally.count)::bigint AS count
    FROM (SELECT step_id, status, count FROM run_tally UNION ALL SELECT step_id, status, count FROM run_tally_change) tally
    JOIN reduction_step step ON step.id = tally.step_id
    JOIN pipeline ON pipeline.id = step.pipeline_id
    WHERE (${pipeline}::text IS NULL OR pipeline.name = ${pipeline})
      AND (${step}::text IS NULL OR step.name = ${step})
      AND (${status}::text IS NULL OR tally.status = ${status})
    GROUP BY pipeline.name, step.name, tally.status
    HAVING sum(tally.count) <> 0
    ORDER BY pipeline.name, min(step.position), step.name, tally.status
  `,
  );
