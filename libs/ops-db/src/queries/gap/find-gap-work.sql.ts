import { rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { hasUnseen, isUnseenBy } from './unseen.js';

/** What there is to do for one living step since it was last evaluated. */
export interface StepWork {
  readonly stepId: number;
  readonly pipelineId: number;
  /** What this look saw (pg_snapshot): changes that are not visible in it are left for the next. */
  readonly snapshot: string;
  /** What the step was last evaluated with; null when it never was. */
  readonly since: string | null;
  readonly membershipHash: string;
  readonly judgementHash: string;
  /** The rules that say what is a member changed, or it was never evaluated, or time alone changes what they select. */
  readonly isRebuildDue: boolean;
  /** The rules that judge changed, or something that pauses. */
  readonly isJudgementDue: boolean;
  readonly hasItemChanges: boolean;
  /** Tables, changed since, that a filter may name. */
  readonly changedRelations: readonly string[];
  readonly hasSubGroupChanges: boolean;
  /** Somebody said that nothing more will come. */
  readonly hasCloses: boolean;
  /** The waiting of a sub-group is over. */
  readonly isDue: boolean;
  /** Whether it has sub-groups that want a run, and somebody wants them run. */
  readonly mayFire: boolean;
  /** Of a CONTINUOUS pipeline: nobody has to ask. */
  readonly firesAtOnce: boolean;
  readonly hasOpenRequest: boolean;
}

const MEMBERSHIP_HASH =
  rawSql(`md5(jsonb_build_array(data_grouping.filter, step.group_by, step.inputs, step.associations, step.expect #> '{slots,dim}',
      ARRAY(SELECT upstream_step_id FROM reduction_step_dependency d WHERE d.step_id = step.id ORDER BY 1))::text)`);

const JUDGEMENT_HASH =
  rawSql(`md5(ROW(step.software_hash, step.config_hash, step.upstream_policy, step.cooldown_seconds, step.settle_seconds, step.min_members,
      step.expect, step.max_wait_seconds, step.paused_at, step.paused_by, step.pause_reason, pipeline.enabled, pipeline.paused_at,
      pipeline.paused_by, pipeline.pause_reason, location.paused_at, location.paused_by, location.pause_reason,
      ARRAY(SELECT kill.id FROM kill_request kill WHERE kill.holds
        AND (kill.scope = 'everything' OR kill.pipeline_id = pipeline.id OR kill.location_id = location.id) ORDER BY kill.id))::text)`);

/** Seconds after which a step is evaluated from scratch whose filter says `within_last`. */
const TIME_DEPENDENT_SECONDS = 60;

/** What a step has seen of the feeds; `known` is its step_evaluation. */
const SEEN = sql`known.snapshot`;
const IS_NEW = isUnseenBy('change.tx', SEEN);

/**
 * Every living step (of one pipeline, or of all) with what there is to do for it, in one look that costs the same whatever the
 * archive holds.
 */
export const findGapWork = (
  manager: EntityManager,
  { now, pipelineId }: { now: Date; pipelineId: number | null },
): Promise<StepWork[]> =>
  queryPrepared<StepWork>(
    manager,
    sql`
    SELECT step.id AS "stepId", pipeline.id AS "pipelineId", pg_current_snapshot()::text AS snapshot, known.snapshot::text AS since,
      rules.membership AS "membershipHash", rules.judgement AS "judgementHash",
      known.step_id IS NULL OR known.membership_hash <> rules.membership
        OR known.is_time_dependent AND known.rebuilt_at <= ${now}::timestamptz - make_interval(secs => ${TIME_DEPENDENT_SECONDS}) AS "isRebuildDue",
      known.judgement_hash IS DISTINCT FROM rules.judgement AS "isJudgementDue",
      -- The newest says it of all but those that were running then.
      coalesce(newest.tx >= pg_snapshot_xmax(known.snapshot), false) OR EXISTS (
        SELECT FROM data_item_change change WHERE change.tx = ANY(ARRAY(SELECT pg_snapshot_xip(known.snapshot)))) AS "hasItemChanges",
      ARRAY(SELECT DISTINCT change.relation FROM relation_change change WHERE ${IS_NEW} ORDER BY 1) AS "changedRelations",
      ${hasUnseen('sub_group_change', 'change.step_id = step.id', SEEN)} AS "hasSubGroupChanges",
      ${hasUnseen('grouping_close', 'change.data_grouping_id = data_grouping.id', SEEN)} AS "hasCloses",
      -- The first of its index: whether any is due would be looked for among all of a step.
      coalesce((SELECT min(g.until) FROM sub_group g WHERE g.step_id = step.id) <= ${now}, false) AS "isDue",
      requests.are_open AS "hasOpenRequest",
      pipeline.trigger_type = 'CONTINUOUS' AS "firesAtOnce",
      (pipeline.trigger_type = 'CONTINUOUS' OR requests.are_open)
        AND EXISTS (SELECT FROM sub_group g WHERE g.step_id = step.id AND g.state IN ('missing', 'stale')) AS "mayFire"
    FROM reduction_step step
    JOIN pipeline ON pipeline.id = step.pipeline_id
    JOIN data_grouping ON data_grouping.id = pipeline.data_grouping_id
    JOIN data_location location ON location.id = pipeline.processing_location_id
    LEFT JOIN step_evaluation known ON known.step_id = step.id
    -- OFFSET 0: each hash is made once.
    CROSS JOIN LATERAL (SELECT ${MEMBERSHIP_HASH} AS membership, ${JUDGEMENT_HASH} AS judgement OFFSET 0) rules
    CROSS JOIN LATERAL (
      SELECT EXISTS (SELECT FROM trigger_request asked WHERE asked.pipeline_id = pipeline.id AND asked.closed_at IS NULL) AS are_open OFFSET 0
    ) requests
    CROSS JOIN (SELECT max(tx) AS tx FROM data_item_change) newest
    WHERE step.retired_at IS NULL AND (${pipelineId}::bigint IS NULL OR pipeline.id = ${pipelineId})
    ORDER BY pipeline.id, step.position`,
  );
