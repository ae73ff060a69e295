import { sql, type SqlFragment, type SubGroupState, type WorkHistory } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { PLANNED_RUN, type PlannedRun } from './planned-run.js';

export type StateCounts = Partial<Record<SubGroupState, number>>;

/** One step of a pipeline before and after, while the copies stand in front of the real tables. */
export interface PlannedStepRow {
  readonly id: number;
  readonly name: string;
  /** The plan takes it out of the pipeline. */
  readonly isRetired: boolean;
  readonly before: StateCounts;
  readonly after: StateCounts;
  /** Sub-groups that are there only after, and only before. */
  readonly added: number;
  readonly gone: number;
  readonly runs: Partial<Record<PlannedRun, number>>;
  /** Of the inputs of those runs, as far as they are there. */
  readonly inputBytes: number;
  readonly upstream: readonly string[];
  readonly maxActiveRuns: number | null;
  readonly pool: { readonly name: string; readonly slots: number } | null;
  readonly history: WorkHistory | null;
}

/** Successful runs of a step that its history is made of: the newest. */
const MOST_SAMPLES = 1000;

/** `known`: steps that live before or after. */
const knownSteps = (pipelineId: number): SqlFragment => sql`
    known AS MATERIALIZED (
      SELECT step.*, step.retired_at IS NOT NULL AS is_retired FROM reduction_step step
      LEFT JOIN public.reduction_step original ON original.id = step.id
      WHERE step.pipeline_id = ${pipelineId} AND (step.retired_at IS NULL OR original.retired_at IS NULL)
    )`;

/** `past` and `future`: sub-groups by step and state, and by what comes of them. */
const counted = sql`
    past AS MATERIALIZED (
      SELECT g.step_id, g.state, count(*)::int AS n, count(*) FILTER (WHERE kept.id IS NULL)::int AS gone
      FROM public.sub_group g LEFT JOIN sub_group kept ON kept.id = g.id
      WHERE g.step_id IN (SELECT id FROM known) GROUP BY 1, 2
    ),
    future AS MATERIALIZED (
      SELECT g.step_id, g.state, ${PLANNED_RUN} AS planned, count(*)::int AS n, sum(g.member_bytes) AS bytes,
        count(*) FILTER (WHERE was.id IS NULL)::int AS added
      FROM sub_group g LEFT JOIN plan_follower follower ON follower.sub_group_id = g.id LEFT JOIN public.sub_group was ON was.id = g.id
      WHERE g.step_id IN (SELECT id FROM known WHERE NOT is_retired) GROUP BY 1, 2, 3
    )`;

/** How long the newest successful runs of step `known` took: of the attempt that succeeded, which is the last. */
const HISTORY = sql`
      SELECT jsonb_build_object('samples', count(*),
        'elapsedSeconds', jsonb_build_object('p10', percentile_cont(0.1) WITHIN GROUP (ORDER BY seconds),
          'p50', percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), 'p90', percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)),
        'coreSeconds', jsonb_build_object('p10', percentile_cont(0.1) WITHIN GROUP (ORDER BY seconds * cpus),
          'p50', percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds * cpus), 'p90', percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds * cpus))) AS history
      FROM (
        SELECT attempt.elapsed_seconds AS seconds, attempt.cpus
        FROM run JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
        WHERE run.step_id = known.id AND run.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS') AND attempt.elapsed_seconds IS NOT NULL
        ORDER BY run.id DESC LIMIT ${MOST_SAMPLES}
      ) newest HAVING count(*) > 0`;

/** Steps that live before or after, in their order; those that the plan retires come last. */
export const loadPlannedSteps = (manager: EntityManager, pipelineId: number): Promise<PlannedStepRow[]> =>
  queryRows<PlannedStepRow>(
    manager,
    sql`
    WITH ${knownSteps(pipelineId)}, ${counted}
    SELECT known.id, known.name, known.is_retired AS "isRetired",
      (SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM past WHERE step_id = known.id) AS before,
      (SELECT coalesce(jsonb_object_agg(state, n), '{}')
       FROM (SELECT state, sum(n)::int AS n FROM future WHERE step_id = known.id GROUP BY state) by_state) AS after,
      (SELECT coalesce(sum(added), 0)::int FROM future WHERE step_id = known.id) AS added,
      CASE WHEN known.is_retired THEN 0 ELSE (SELECT coalesce(sum(gone), 0)::int FROM past WHERE step_id = known.id) END AS gone,
      (SELECT coalesce(jsonb_object_agg(planned, n), '{}')
       FROM (SELECT planned, sum(n)::int AS n FROM future WHERE step_id = known.id AND planned IS NOT NULL GROUP BY planned) by_plan) AS runs,
      (SELECT coalesce(sum(bytes), 0)::bigint FROM future WHERE step_id = known.id AND planned IS NOT NULL) AS "inputBytes",
      ARRAY(SELECT up.name FROM reduction_step_dependency d JOIN known up ON up.id = d.upstream_step_id
        WHERE d.step_id = known.id AND NOT up.is_retired ORDER BY up.name) AS upstream,
      known.max_active_runs AS "maxActiveRuns",
      (SELECT jsonb_build_object('name', pool.name, 'slots', pool.slots) FROM run_pool pool WHERE pool.name = known.pool) AS pool,
      (${HISTORY}) AS history
    FROM known
    ORDER BY known.is_retired, known.position, known.id`,
  );
