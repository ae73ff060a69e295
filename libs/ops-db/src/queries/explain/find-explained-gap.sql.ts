import { sql, type CronSchedule, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { ANSWERED_ONCE } from '../gap/answered-once.js';

/** The last result of a sub-group: what it was made of. */
export interface PastResult {
  readonly runId: number;
  readonly finishedAt: string;
  readonly softwareVersion: string;
  readonly recipe: JsonObject;
}

/** What stands between a sub-group and its next run, besides its state. */
export interface ExplainedGapRow {
  readonly pipelineId: number;
  readonly stepId: number;
  readonly isRetired: boolean;
  /** The pipeline is CONTINUOUS, or an open request selects the sub-group. */
  readonly isAsked: boolean;
  readonly schedule: CronSchedule | null;
  readonly softwareVersion: string;
  readonly recipe: JsonObject;
  readonly settleSeconds: number;
  readonly lastMemberAt: Date | null;
  readonly cooledAt: Date | null;
  readonly report: JsonObject;
  readonly lastResult: PastResult | null;
  /** Why the run that it has now is not started yet. */
  readonly waitingReason: string | null;
  /** Sentences: what would keep a run of this step from being started now. */
  readonly holds: readonly string[];
}

/** Undefined when there is no such sub-group. */
export const findExplainedGap = (manager: EntityManager, id: number): Promise<ExplainedGapRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT step.pipeline_id AS "pipelineId", step.id AS "stepId", step.retired_at IS NOT NULL AS "isRetired",
      pipeline.trigger_type = 'CONTINUOUS' OR EXISTS (
        SELECT FROM trigger_request asked
        WHERE asked.pipeline_id = pipeline.id AND asked.closed_at IS NULL AND g.common_dims @> asked.selection
          AND (asked.step_names IS NULL OR step.name = ANY(asked.step_names)) AND ${ANSWERED_ONCE}) AS "isAsked",
      pipeline.trigger_config AS schedule, version.version AS "softwareVersion", recipe.document AS recipe,
      step.settle_seconds AS "settleSeconds", g.last_member_at AS "lastMemberAt",
      g.last_fired_at + make_interval(secs => step.cooldown_seconds) AS "cooledAt", g.report,
      (SELECT jsonb_build_object('runId', done.id, 'finishedAt', done.finished_at, 'softwareVersion', used.version, 'recipe', made.document)
       FROM run done JOIN recipe made ON made.hash = done.recipe_hash JOIN reduction_software_version used ON used.id = done.software_version_id
       WHERE done.id = g.last_completed_run_id) AS "lastResult",
      (SELECT run.waiting_reason FROM run WHERE run.id = g.last_run_id AND run.status = 'PENDING') AS "waitingReason",
      ARRAY(
        SELECT format('the circuit breaker of %s is open: %s', breaker.failure_class, breaker.last_failure)
        FROM circuit_breaker breaker
        WHERE breaker.step_id = step.id AND breaker.location_id = pipeline.processing_location_id AND breaker.is_open
        UNION ALL
        SELECT format('pool %s is paused by %s', pool.name, pool.paused_by) || coalesce(': ' || nullif(pool.pause_reason, ''), '')
        FROM run_pool pool WHERE pool.name = step.pool AND pool.paused_at IS NOT NULL
      ) AS holds
    FROM sub_group g
    JOIN reduction_step step ON step.id = g.step_id
    JOIN pipeline ON pipeline.id = step.pipeline_id
    JOIN recipe ON recipe.hash = step.recipe_hash
    JOIN reduction_software_version version ON version.id = step.software_version_id
    WHERE g.id = ${id}`,
  );
