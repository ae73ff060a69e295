import { ACTIVE_STATUSES, rawSql, sql, type SqlFragment, type SubGroupState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';
import { feedingColumns } from './feeding.js';
import { amongIds } from './among-ids.js';
import type { InputCauses } from './list-input-causes.sql.js';

export interface RefreshStates {
  readonly stepId: number;
  /** Plain dimensions of the step's group_by, for matching upstream sub-groups. */
  readonly keyNames: readonly string[];
  readonly hasPlainKey: boolean;
  /** Steps whose sub-groups must be current first; empty when the step takes what is available. */
  readonly awaitedStepIds: readonly number[];
  readonly inputCauses: readonly InputCauses[];
  /** Null judges every sub-group of the step. */
  readonly ids: readonly number[] | null;
  readonly now: Date;
}

/** A sub-group whose state, or what is said of it, changed. */
export interface ChangedState {
  readonly id: number;
  readonly state: SubGroupState;
}

const isAsked = ({ stepId, ids }: RefreshStates): SqlFragment =>
  sql`g.step_id = ${stepId} AND ${amongIds('g.id', ids)}`;

/** What a step's sub-groups are judged by, once: `rule` (one row), and `shape`, which dims closes name. */
const rules = (stepId: number): SqlFragment => sql`
    rule AS MATERIALIZED (
      SELECT step.min_members, step.expect, step.max_wait_seconds, step.settle_seconds, step.cooldown_seconds, step.software_hash,
        step.config_hash, pipeline.data_grouping_id,
        CASE WHEN NOT pipeline.enabled THEN jsonb_build_object('by', 'pipeline', 'reason', 'the pipeline is disabled')
          WHEN pipeline.paused_at IS NOT NULL THEN jsonb_build_object('by', pipeline.paused_by, 'reason', coalesce(pipeline.pause_reason, ''))
          WHEN step.paused_at IS NOT NULL THEN jsonb_build_object('by', step.paused_by, 'reason', coalesce(step.pause_reason, ''))
          WHEN location.paused_at IS NOT NULL THEN jsonb_build_object('by', location.paused_by, 'reason', coalesce(location.pause_reason, ''))
          WHEN held.id IS NOT NULL THEN jsonb_build_object('by', held.requested_by, 'reason', format('kill %s: %s', held.id, held.reason))
        END AS pause
      FROM reduction_step step
      JOIN pipeline ON pipeline.id = step.pipeline_id
      JOIN data_location location ON location.id = pipeline.processing_location_id
      LEFT JOIN LATERAL (
        SELECT kill.id, kill.requested_by, kill.reason FROM kill_request kill
        WHERE kill.holds AND (kill.scope = 'everything' OR kill.pipeline_id = pipeline.id OR kill.location_id = location.id)
        ORDER BY kill.id LIMIT 1
      ) held ON true
      WHERE step.id = ${stepId}
    ),
    shape AS MATERIALIZED (SELECT names FROM grouping_close_shape JOIN rule USING (data_grouping_id))`;

/** What each sub-group waits for: `blocker(id, blocked_by)`. */
function blockers(request: RefreshStates): SqlFragment {
  if (request.awaitedStepIds.length === 0)
    return sql`blocker AS (SELECT NULL::bigint AS id, NULL::jsonb AS blocked_by WHERE false)`;
  return sql`
    pending AS MATERIALIZED (
      SELECT up_step.name AS step, up.state, count(*)::int AS count, ${feedingColumns(request)}
      FROM sub_group up JOIN reduction_step up_step ON up_step.id = up.step_id
      WHERE up.step_id = ANY(${request.awaitedStepIds}) AND up.member_count > 0 AND up.state NOT IN ('current', 'waived')
      GROUP BY 1, 2, 4, 5
    ),
    -- Whole keys meet by hash; an upstream sub-group that lacks one of the dimensions may feed every group that agrees on the rest.
    feeding AS (
      SELECT g.id, pending.step, pending.state, pending.count
      FROM sub_group g JOIN pending ON pending.known_dims = g.dims WHERE ${isAsked(request)} AND pending.is_full
      UNION ALL
      SELECT g.id, pending.step, pending.state, pending.count
      FROM sub_group g JOIN pending ON g.dims @> pending.known_dims AND NOT pending.is_full WHERE ${isAsked(request)}
    ),
    blocker AS (
      SELECT id, jsonb_agg(jsonb_build_object('step', step, 'state', state, 'count', count) ORDER BY step, state) AS blocked_by
      FROM (SELECT id, step, state, sum(count)::int AS count FROM feeding GROUP BY id, step, state) summed GROUP BY id
    )`;
}

/** How the inputs of sub-groups differ from those of their last result: `input_cause(sub_group_id, causes)`. */
const causesOfInputs = (inputCauses: readonly InputCauses[]): SqlFragment =>
  inputCauses.length === 0
    ? sql`input_cause AS (SELECT NULL::bigint AS sub_group_id, NULL::text[] AS causes WHERE false)`
    : sql`input_cause AS MATERIALIZED (
      SELECT (entry ->> 'subGroupId')::bigint AS sub_group_id, ARRAY(SELECT jsonb_array_elements_text(entry -> 'causes')) AS causes
      FROM jsonb_array_elements(${JSON.stringify(inputCauses)}::jsonb) entry
    )`;

/** One row per sub-group with all that the rules look at: `fact`. */
const facts = (request: RefreshStates): SqlFragment => sql`
    ${causesOfInputs(request.inputCauses)},
    fact AS (
      SELECT g.id, g.member_count, rule.min_members, g.waived_by, g.waived_reason, blocker.blocked_by, g.association,
        done.id IS NULL AS is_first,
        CASE WHEN done.id IS NULL THEN '{}'::text[] ELSE coalesce(input_cause.causes, '{}')
          || CASE WHEN done.software_hash <> rule.software_hash THEN ARRAY['software'] ELSE '{}'::text[] END
          || CASE WHEN done.config_hash <> rule.config_hash THEN ARRAY['config'] ELSE '{}'::text[] END
          || CASE WHEN done.association_fingerprint <> g.association_fingerprint THEN ARRAY['calibration_superseded'] ELSE '{}'::text[] END END
          || CASE WHEN g.forced_at IS NOT NULL THEN ARRAY['forced'] ELSE '{}'::text[] END AS causes,
        CASE WHEN g.dims = jsonb_strip_nulls(g.dims) THEN '{}'::text[]
          ELSE ARRAY(SELECT name FROM jsonb_each(g.dims) AS dim(name, value) WHERE value = 'null' ORDER BY name) END AS missing_dims,
        CASE WHEN closed.at >= g.last_member_at AND g.report ? 'is_enough' THEN NULL
          WHEN g.report ->> 'form' = ANY(${OPEN_FORMS}) THEN g.report END AS open_report,
        (g.report ->> 'closes_at')::timestamptz AS report_until,
        CASE WHEN rule.expect IS NULL OR closed.at >= g.last_member_at
            OR g.first_member_at + make_interval(secs => rule.max_wait_seconds) <= ${request.now} THEN NULL
          ELSE (${LACKING}) END AS lacking,
        g.first_member_at + make_interval(secs => rule.max_wait_seconds) AS waited_until,
        g.forced_at IS NULL AND last.input_fingerprint = g.input_fingerprint AND last.software_hash = rule.software_hash
          AND last.config_hash = rule.config_hash AS is_same_work,
        last.id AS last_id, last.status AS last_status, last.failure_class, last.failure_count, last.cancel_requested_by, last.cancel_reason,
        rule.pause, g.state AS was_state, g.causes AS was_causes, g.detail AS was_detail, g.until AS was_until,
        CASE WHEN closed.at >= g.last_member_at THEN NULL ELSE g.last_member_at + make_interval(secs => rule.settle_seconds) END AS settled_at,
        g.last_fired_at + make_interval(secs => rule.cooldown_seconds) AS cooled_at
      FROM sub_group g
      CROSS JOIN rule
      LEFT JOIN run last ON last.id = g.last_run_id
      LEFT JOIN run done ON done.id = g.last_completed_run_id
      LEFT JOIN blocker ON blocker.id = g.id
      LEFT JOIN input_cause ON input_cause.sub_group_id = g.id
      LEFT JOIN LATERAL (${LAST_CLOSE}) closed ON rule.expect IS NOT NULL OR rule.settle_seconds > 0 OR g.report ? 'is_enough'
      WHERE ${isAsked(request)}
      OFFSET 0
    )`;

/** When somebody last said that nothing more will come for a sub-group `g`. One that lacks a name of a shape is looked up by the others, and meets a smaller close. */
const LAST_CLOSE = sql`
        SELECT max(found.at) AS at
        FROM shape CROSS JOIN LATERAL (
          SELECT max(closing.closed_at) AS at FROM grouping_close closing
          WHERE closing.data_grouping_id = rule.data_grouping_id
            AND md5(closing.selection::text) = md5(${dimsAmong('g.common_dims', rawSql('shape.names'))}::text)
        ) found`;

/** Why a sub-group `g` is not what the `rule` expects; NULL when it is. */
const LACKING = sql`
        SELECT jsonb_build_object('members', g.member_count, 'needed', rule.expect -> 'count') AS detail
        WHERE g.member_count < (rule.expect ->> 'count')::int
        UNION ALL
        SELECT jsonb_build_object('dim', rule.expect #> '{slots,dim}', 'missing_slots', jsonb_agg(wanted.value ORDER BY wanted.place) FILTER (WHERE NOT g.slots ? scalar_json(wanted.value)::text),
          'needed', rule.expect -> 'minimum')
        FROM jsonb_array_elements(rule.expect #> '{slots,values}') WITH ORDINALITY AS wanted(value, place)
        HAVING count(*) FILTER (WHERE g.slots ? scalar_json(wanted.value)::text) < (rule.expect ->> 'minimum')::int`;

/**
 * The rules, in the order of `evaluateSubGroup`, and what is shown beside each state: `verdict`, and those that are `news`.
 *
 * OFFSET 0, here and in `fact`: each value is worked out once, not wherever a rule names it.
 */
const verdicts = (now: Date): SqlFragment => sql`
    judged AS (
      SELECT *, CASE
        WHEN last_status = ANY(${ACTIVE_STATUSES}) THEN 'running'
        WHEN NOT is_first AND cardinality(causes) = 0 AND blocked_by IS NULL THEN 'current'
        WHEN waived_by IS NOT NULL THEN 'waived'
        WHEN blocked_by IS NOT NULL THEN 'blocked'
        WHEN cardinality(missing_dims) > 0 OR member_count < min_members OR open_report IS NOT NULL OR lacking IS NOT NULL THEN 'incomplete'
        WHEN association ? 'missing' OR (association #>> '{awaiting,until}')::timestamptz > ${now} THEN 'blocked'
        WHEN is_same_work AND last_status = 'FAILED' THEN 'failed'
        WHEN is_same_work AND last_status = 'CANCELLED' AND coalesce(cancel_requested_by !~ '^kill:[0-9]+$', true) THEN 'waived'
        WHEN pause IS NOT NULL THEN 'paused'
        WHEN settled_at > ${now} THEN 'settling'
        WHEN cooled_at > ${now} THEN 'cooling_down'
        WHEN is_first THEN 'missing'
        ELSE 'stale' END AS state
      FROM fact OFFSET 0
    ),
    verdict AS (
      SELECT id, was_state, was_causes, was_detail, was_until, state, CASE WHEN state IN ('running', 'current') THEN '{}' ELSE causes END AS causes,
        CASE state
          WHEN 'running' THEN jsonb_build_object('run_id', last_id)
          WHEN 'waived' THEN CASE WHEN waived_by IS NOT NULL THEN jsonb_build_object('by', waived_by, 'reason', waived_reason)
            ELSE jsonb_build_object('run_id', last_id, 'by', cancel_requested_by, 'reason', cancel_reason) END
          WHEN 'blocked' THEN CASE WHEN blocked_by IS NOT NULL THEN jsonb_build_object('blocked_by', blocked_by)
            ELSE jsonb_build_object('associations', association) END
          WHEN 'incomplete' THEN CASE WHEN cardinality(missing_dims) > 0 THEN jsonb_build_object('missing_dims', missing_dims)
            WHEN member_count < min_members THEN jsonb_build_object('members', member_count, 'needed', min_members)
            WHEN open_report IS NOT NULL THEN open_report ELSE lacking END
          WHEN 'failed' THEN jsonb_build_object('run_id', last_id, 'failure_class', failure_class, 'failures', failure_count)
          WHEN 'paused' THEN pause
          ELSE '{}' END AS detail,
        CASE state WHEN 'settling' THEN settled_at WHEN 'cooling_down' THEN cooled_at
          WHEN 'blocked' THEN CASE WHEN blocked_by IS NULL THEN (association #>> '{awaiting,until}')::timestamptz END
          WHEN 'incomplete' THEN CASE WHEN cardinality(missing_dims) > 0 OR member_count < min_members THEN NULL
            WHEN open_report IS NOT NULL THEN report_until ELSE waited_until END END AS until
      FROM judged OFFSET 0
    ),
    news AS (
      SELECT id, state, causes, detail, until FROM verdict
      WHERE (was_state, was_causes, was_detail, was_until) IS DISTINCT FROM (state, causes, detail, until)
    )`;

/** What the formation of a sub-group says of it while it is not to be run. */
const OPEN_FORMS: readonly string[] = ['collecting', 'ambiguous', 'expired', 'refused'];

/**
 * Writes the state of sub-groups of a step: the rules of `evaluateSubGroup` (libs/core/src/gap), set-based.
 *
 * Call when the members and the upstream steps' states are known, in one transaction. Unchanged rows are not
 * written. Returns those that changed.
 */
export const refreshStates = (manager: EntityManager, request: RefreshStates): Promise<ChangedState[]> =>
  queryPrepared<ChangedState>(
    manager,
    sql`
    WITH ${rules(request.stepId)}, ${blockers(request)}, ${facts(request)}, ${verdicts(request.now)}
    UPDATE sub_group g SET state = news.state, causes = news.causes, detail = news.detail, until = news.until,
      state_since = CASE WHEN g.state = news.state THEN g.state_since ELSE ${request.now} END
    FROM news
    WHERE g.id = news.id
    RETURNING g.id, g.state`,
  );
