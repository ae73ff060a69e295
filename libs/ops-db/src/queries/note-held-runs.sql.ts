import { rawSql, sql, type RawSql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { isoTime } from './iso-time.js';
import { activeInPools, activeRuns } from './claim-runs.sql.js';
import { RUN_IS_IN_SCOPE } from './kill-row.js';

export interface HeldRunsRequest {
  /** The locations that the caller claims for; runs elsewhere are left to those who do. */
  readonly locationIds: readonly number[];
  /** Those of them that the caller gives no new runs for reasons of its own. */
  readonly refused: readonly { readonly locationId: number; readonly reason: string }[];
  readonly limit: number;
}

/**
 * Gives up to `limit` PENDING runs that are due the reason why nobody claims them, and takes it from those that nothing holds any
 * more. Returns how many runs say something else now; their status stays, so no event is written and nobody is woken.
 *
 * `claimRuns` decides who is held back; this says why, in the same order of limits. A limit is noted as long as it is nearly used up: one run
 * that ends must not change what ten thousand others say, and then back. Rows that anyone is changing are left for the next time.
 */
export async function noteHeldRuns(manager: EntityManager, request: HeldRunsRequest): Promise<number> {
  if (request.locationIds.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH ${activeRuns}, ${holdingKills}, ${heldPlaces(request)}, ${heldPipelines}, ${heldSteps}, ${unreadyImages}, ${brokenSteps}, ${fullPlaces}, ${fullSteps}, ${fullPools}, held AS MATERIALIZED (
      SELECT run.id, why.reason
      FROM run
      LEFT JOIN LATERAL (
        SELECT format('kill %s by %s stops it: %s', kill.id, kill.requested_by, kill.reason) AS reason
        FROM holding_kill kill WHERE ${RUN_IS_IN_SCOPE} LIMIT 1
      ) AS kill ON true
      LEFT JOIN held_pipeline ON held_pipeline.id = run.pipeline_id
      LEFT JOIN held_step ON held_step.id = run.step_id
      LEFT JOIN held_place ON held_place.id = run.location_id
      LEFT JOIN unready ON unready.location_id = run.location_id AND unready.version_id = run.software_version_id
      LEFT JOIN broken_step ON broken_step.location_id = run.location_id AND broken_step.step_id = run.step_id
      LEFT JOIN full_place ON full_place.id = run.location_id
      LEFT JOIN full_step ON full_step.id = run.step_id
      LEFT JOIN full_pool ON full_pool.step_id = run.step_id
      CROSS JOIN LATERAL (
        SELECT coalesce(
          kill.reason, held_pipeline.reason, held_step.reason, held_place.reason, unready.reason, broken_step.reason,
          CASE WHEN full_place.is_full OR full_place.reason = run.waiting_reason THEN full_place.reason END,
          CASE WHEN full_step.is_full OR full_step.reason = run.waiting_reason THEN full_step.reason END,
          CASE WHEN full_pool.is_full OR full_pool.reason = run.waiting_reason THEN full_pool.reason END
        ) AS reason
      ) AS why
      WHERE run.status = 'PENDING' AND run.location_id = ANY(${request.locationIds}::bigint[])
        AND run.not_before <= now() AND run.cancel_requested_at IS NULL
        AND run.waiting_reason IS DISTINCT FROM why.reason
      LIMIT ${request.limit}
      FOR NO KEY UPDATE OF run SKIP LOCKED
    )
    UPDATE run SET waiting_reason = held.reason
    FROM held
    WHERE run.id = held.id
    RETURNING run.id
  `,
  );
  return rows.length;
}

const holdingKills = sql`holding_kill AS MATERIALIZED (SELECT * FROM kill_request WHERE holds)`;

/** `: <why>`, or nothing when nobody said why. */
const because = (column: string): RawSql => rawSql(`coalesce(': ' || nullif(${column}, ''), '')`);

/** As `listProcessingLocations` sees it: what was found before the location changed does not count. */
const isUnhealthy = rawSql(
  `(location.health_checked_at > location.updated_at AND NOT (location.health ->> 'ok')::boolean)`,
);

const heldPlaces = ({ refused }: HeldRunsRequest): SqlFragment => sql`
    held_place AS MATERIALIZED (
      SELECT location.id,
             CASE WHEN location.paused_at IS NOT NULL
               THEN format('location %s is paused by %s', location.name, location.paused_by) || ${because('location.pause_reason')}
               ELSE format('location %s takes no new runs now: %s', location.name,
                           CASE WHEN ${isUnhealthy} THEN location.health ->> 'message' ELSE refusal.reason END) END AS reason
      FROM data_location location
      LEFT JOIN unnest(${refused.map((one) => one.locationId)}::bigint[], ${refused.map((one) => one.reason)}::text[])
        AS refusal (location_id, reason) ON refusal.location_id = location.id
      WHERE location.paused_at IS NOT NULL OR refusal.location_id IS NOT NULL OR ${isUnhealthy}
    )`;

const heldPipelines = sql`
    held_pipeline AS MATERIALIZED (
      SELECT id, CASE WHEN enabled THEN format('pipeline %s is paused by %s', name, paused_by) || ${because('pause_reason')}
                      ELSE format('pipeline %s is disabled', name) END AS reason
      FROM pipeline
      WHERE NOT enabled OR paused_at IS NOT NULL
    )`;

const heldSteps = sql`
    held_step AS MATERIALIZED (
      SELECT step.id,
             CASE WHEN step.paused_at IS NOT NULL THEN format('step %s is paused by %s', step.name, step.paused_by) || ${because('step.pause_reason')}
                  ELSE format('pool %s is paused by %s', pool.name, pool.paused_by) || ${because('pool.pause_reason')} END AS reason
      FROM reduction_step step LEFT JOIN run_pool pool ON pool.name = step.pool
      WHERE num_nonnulls(step.paused_at, pool.paused_at) > 0
    )`;

const unreadyImages = sql`
    unready AS MATERIALIZED (
      SELECT image.location_id, version.id AS version_id,
             coalesce(image.problem, format('image %s is being made ready at location %s', image.image, location.name)) AS reason
      FROM location_image image
      JOIN data_location location ON location.id = image.location_id
      JOIN reduction_software_version version
        ON version.image_ref = image.image AND coalesce(version.image_digest, '') = image.wanted_digest
      WHERE image.retry_at > now()
    )`;

/** The sentence stays the same until the breaker opens again or closes, probes included: it stands in every run that waits. */
const brokenSteps = sql`
    broken_step AS MATERIALIZED (
      SELECT DISTINCT ON (breaker.location_id, breaker.step_id) breaker.location_id, breaker.step_id,
             format('circuit breaker %s is open: %s of the last %s attempts of step %s at location %s failed as %s, the last one because %s; '
                    'one run tries it again from %s on',
                    breaker.id, breaker.failures, breaker.outcomes, step.name, location.name, breaker.failure_class,
                    breaker.last_failure, ${isoTime('breaker.retry_at')}) AS reason
      FROM circuit_breaker breaker
      JOIN reduction_step step ON step.id = breaker.step_id
      JOIN data_location location ON location.id = breaker.location_id
      WHERE breaker.is_open
      ORDER BY breaker.location_id, breaker.step_id, breaker.retry_at DESC, breaker.id
    )`;

/** Nearly: a tenth of the limit is left, at least one. */
const isNearly = (used: string, limit: string): RawSql =>
  rawSql(`${used} >= ${limit} - greatest(1, ${limit} / 10)`);

const fullPlaces = sql`
    load_of_place AS (
      SELECT location.id, location.name, location.max_active_runs, location.max_jobs_in_queue,
             coalesce(sum(active.runs), 0) AS runs, coalesce(sum(active.queued), 0) AS queued
      FROM data_location location LEFT JOIN active ON active.location_id = location.id
      WHERE num_nonnulls(location.max_active_runs, location.max_jobs_in_queue) > 0
      GROUP BY location.id
    ), full_place AS MATERIALIZED (
      SELECT DISTINCT ON (id) id, is_full, reason
      FROM (
        SELECT id, runs >= max_active_runs AS is_full,
               format('location %s is full: %s of %s runs are active (max_active_runs)', name, max_active_runs, max_active_runs) AS reason
        FROM load_of_place WHERE ${isNearly('runs', 'max_active_runs')}
        UNION ALL
        SELECT id, queued >= max_jobs_in_queue,
               format('location %s has %s of %s jobs in its queue (max_jobs_in_queue)', name, max_jobs_in_queue, max_jobs_in_queue)
        FROM load_of_place WHERE ${isNearly('queued', 'max_jobs_in_queue')}
      ) AS nearly
      ORDER BY id, is_full DESC, reason
    )`;

const fullSteps = sql`
    full_step AS MATERIALIZED (
      SELECT step.id, coalesce(sum(active.runs), 0) >= step.max_active_runs AS is_full,
             format('step %s has %s of %s runs active (max_active_runs)', step.name, step.max_active_runs, step.max_active_runs) AS reason
      FROM reduction_step step LEFT JOIN active ON active.step_id = step.id
      WHERE step.max_active_runs IS NOT NULL
      GROUP BY step.id
      HAVING ${isNearly('coalesce(sum(active.runs), 0)', 'step.max_active_runs')}
    )`;

const fullPools = sql`
    ${activeInPools}, full_pool AS MATERIALIZED (
      SELECT step.id AS step_id, in_pool.runs >= pool.slots AS is_full,
             format('waits for pool %s (%s of %s in use)', pool.name, pool.slots, pool.slots) AS reason
      FROM run_pool pool JOIN in_pool ON in_pool.name = pool.name JOIN reduction_step step ON step.pool = pool.name
      WHERE ${isNearly('in_pool.runs', 'pool.slots')}
    )`;
