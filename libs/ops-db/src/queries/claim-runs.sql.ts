import { sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { RUN_IS_IN_SCOPE } from './kill-row.js';

export interface ClaimRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  readonly leaseSeconds: number;
  /** Only runs at these locations: those whose backend the caller can drive. */
  readonly locationIds: readonly number[];
  readonly limit: number;
}

/**
 * Takes up to `limit` PENDING runs that are due, most urgent first (priority, then age), and leases them: PENDING → STAGING_DATA.
 *
 * Limits hold at this moment: a location's `max_active_runs` and `max_jobs_in_queue`, a step's `max_active_runs` and the slots of its pool,
 * exactly if the caller holds `lockClaims`. Disabled and paused pipelines, paused steps, pools and locations, what a kill holds and runs to
 * be cancelled are left alone.
 * So are runs whose image is not at their location yet.
 * SKIP LOCKED: a row that anyone is changing waits for the next tick. A step or a pool that has room for fewer runs than were looked
 * at leaves the rest for the next call, which passes it by: what is full never hides the others.
 *
 * Where a circuit breaker is open, nothing of its step is taken; once its cool-down is over one run is, and the breaker names it as
 * its probe in the same statement. That is exact without `lockClaims` too: who does not get the breaker's row lock takes nothing.
 *
 * OFFSET 0 keeps a condition a filter: as an anti-join it costs the order of the index, and with it a look at every waiting run.
 */
export const claimRuns = async (manager: EntityManager, request: ClaimRequest): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH ${rooms(request)}, ${breakers}, ${UNREADY_IMAGES}, candidate AS MATERIALIZED (
      SELECT due.id, location_room.id AS location_id, due.step_id, due.priority
      FROM location_room CROSS JOIN LATERAL (
        SELECT run.id, run.step_id, run.priority
        FROM run
        WHERE run.location_id = location_room.id AND run.status = 'PENDING'
          AND run.not_before <= now() AND run.cancel_requested_at IS NULL
          AND EXISTS (SELECT FROM pipeline WHERE pipeline.id = run.pipeline_id AND pipeline.enabled AND pipeline.paused_at IS NULL)
          AND NOT EXISTS (SELECT FROM kill_request kill WHERE kill.holds AND ${RUN_IS_IN_SCOPE} OFFSET 0)
          AND NOT EXISTS (SELECT FROM unready WHERE unready.location_id = run.location_id AND unready.version_id = run.software_version_id OFFSET 0)
          AND NOT EXISTS (SELECT FROM step_room WHERE step_room.id = run.step_id AND step_room.slots = 0 OFFSET 0)
          AND NOT EXISTS (SELECT FROM pool_room WHERE pool_room.step_id = run.step_id AND pool_room.slots = 0 OFFSET 0)
          AND NOT EXISTS (SELECT FROM broken WHERE broken.location_id = run.location_id AND broken.step_id = run.step_id AND broken.slots = 0 OFFSET 0)
        ORDER BY run.priority DESC, run.id
        LIMIT location_room.slots
        FOR UPDATE OF run SKIP LOCKED
      ) AS due
      ORDER BY due.priority DESC, due.id
      LIMIT ${request.limit}
    ), ${CHOSEN}, probed AS (
      UPDATE circuit_breaker
      SET probe_run_id = chosen.id,
          probe_after_outcome = (SELECT coalesce(max(o.id), 0) FROM run_outcome o
                                 WHERE o.location_id = chosen.location_id AND o.step_id = chosen.step_id)
      FROM chosen
      WHERE chosen.is_probe AND circuit_breaker.id IN (SELECT id FROM probe_slot)
        AND circuit_breaker.location_id = chosen.location_id AND circuit_breaker.step_id = chosen.step_id
    )
    UPDATE run
    SET status = 'STAGING_DATA', lease_owner = ${request.leaseOwner}::text,
        lease_expires_at = now() + make_interval(secs => ${request.leaseSeconds}),
        waiting_reason = NULL, changed_at = now(), moved_by = ${request.actor}::text, moved_why = 'claimed'
    FROM chosen
    WHERE run.id = chosen.id
    RETURNING run.id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};

/** Of the candidates those that there is room for. The most urgent one of a pool is that of its step, too, so something always goes on. */
const CHOSEN = sql`
    chosen AS (
      SELECT ranked.id, ranked.location_id, ranked.step_id, broken.slots IS NOT NULL AS is_probe
      FROM (SELECT candidate.*, pool_room.slots AS pool_slots, row_number() OVER (PARTITION BY step_id ORDER BY priority DESC, id) AS place,
                   row_number() OVER (PARTITION BY location_id, step_id ORDER BY priority DESC, id) AS place_there,
                   row_number() OVER (PARTITION BY pool_room.name ORDER BY priority DESC, id) AS place_in_pool
            FROM candidate LEFT JOIN pool_room USING (step_id)) AS ranked
      LEFT JOIN step_room ON step_room.id = ranked.step_id
      LEFT JOIN broken ON broken.location_id = ranked.location_id AND broken.step_id = ranked.step_id
      WHERE (step_room.id IS NULL OR ranked.place <= step_room.slots) AND (broken.slots IS NULL OR ranked.place_there <= broken.slots)
        AND (ranked.pool_slots IS NULL OR ranked.place_in_pool <= ranked.pool_slots)
    )`;

/** What counts towards the limits, by location and step; counted only where somebody set one. */
export const activeRuns = sql`
    active AS MATERIALIZED (
      SELECT location_id, step_id, count(*) AS runs,
             count(*) FILTER (WHERE status IN ('STAGING_DATA', 'SUBMITTING', 'SUBMITTED')) AS queued
      FROM run
      WHERE status IN ('STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS')
        AND (location_id IN (SELECT id FROM data_location WHERE num_nonnulls(max_active_runs, max_jobs_in_queue) > 0)
             OR step_id IN (SELECT id FROM reduction_step WHERE num_nonnulls(max_active_runs, pool) > 0))
      GROUP BY location_id, step_id
    )`;

/** What counts towards the slots of each pool, whatever pipeline and location it belongs to; reads `active`. */
export const activeInPools = sql`
    in_pool AS MATERIALIZED (
      SELECT pool.name, coalesce(sum(active.runs), 0) AS runs
      FROM run_pool pool LEFT JOIN reduction_step step ON step.pool = pool.name LEFT JOIN active ON active.step_id = step.id
      GROUP BY pool.name
    )`;

/** Versions whose image is being fetched to a location, or could not be: their runs wait where they are. */
const UNREADY_IMAGES = sql`
    unready AS MATERIALIZED (
      SELECT image.location_id, version.id AS version_id
      FROM location_image image
      JOIN reduction_software_version version
        ON version.image_ref = image.image AND coalesce(version.image_digest, '') = image.wanted_digest
      WHERE image.retry_at > now()
    )`;

/** How many more runs each location, each limited step and each step of a pool may have now; what is paused may have none. */
const rooms = (request: ClaimRequest): SqlFragment => sql`
    ${activeRuns}, location_room AS MATERIALIZED (
      SELECT location.id,
             greatest(0, least(location.max_active_runs - coalesce(sum(active.runs), 0),
                               location.max_jobs_in_queue - coalesce(sum(active.queued), 0), ${request.limit})) AS slots
      FROM data_location location LEFT JOIN active ON active.location_id = location.id
      WHERE location.id = ANY(${request.locationIds}::bigint[]) AND location.paused_at IS NULL
      GROUP BY location.id
    ), step_room AS MATERIALIZED (
      SELECT step.id, CASE WHEN step.paused_at IS NULL THEN greatest(0, step.max_active_runs - coalesce(sum(active.runs), 0)) ELSE 0 END AS slots
      FROM reduction_step step LEFT JOIN active ON active.step_id = step.id
      WHERE num_nonnulls(step.max_active_runs, step.paused_at) > 0
      GROUP BY step.id
    ), ${activeInPools}, pool_room AS MATERIALIZED (
      SELECT step.id AS step_id, pool.name, CASE WHEN pool.paused_at IS NULL THEN greatest(0, pool.slots - in_pool.runs) ELSE 0 END AS slots
      FROM reduction_step step JOIN run_pool pool ON pool.name = step.pool JOIN in_pool ON in_pool.name = pool.name
    )`;

/**
 * Steps with open breakers, and whether this statement may send a probe: only if it holds the row of each of them. `probe_slot`
 * is not the same as `open_breaker` with a condition: the lock looks at the newest version of a row, whatever the snapshot.
 */
const breakers = sql`
    open_breaker AS MATERIALIZED (
      SELECT id, location_id, step_id FROM circuit_breaker WHERE is_open
    ), probe_slot AS MATERIALIZED (
      SELECT id FROM circuit_breaker
      WHERE is_open AND probe_run_id IS NULL AND retry_at <= clock_timestamp()
      FOR UPDATE SKIP LOCKED
    ), broken AS MATERIALIZED (
      SELECT open_breaker.location_id, open_breaker.step_id, bool_and(probe_slot.id IS NOT NULL)::integer AS slots
      FROM open_breaker LEFT JOIN probe_slot ON probe_slot.id = open_breaker.id
      GROUP BY open_breaker.location_id, open_breaker.step_id
    )`;
