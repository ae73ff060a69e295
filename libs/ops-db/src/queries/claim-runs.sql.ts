import { sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

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
 * Limits hold at this moment: a location's `max_active_runs` and `max_jobs_in_queue` and a step's `max_active_runs`, exactly
 * if the caller holds `lockClaims`. Disabled and paused pipelines, paused locations and runs to be cancelled are left alone.
 * SKIP LOCKED: a row that anyone is changing waits for the next tick. A step that has room for fewer runs than were looked at
 * leaves the rest for the next call, which passes that step by: a full step never hides the others.
 */
export const claimRuns = async (manager: EntityManager, request: ClaimRequest): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH ${rooms(request)}, candidate AS MATERIALIZED (
      SELECT due.id, due.step_id, due.priority
      FROM location_room CROSS JOIN LATERAL (
        SELECT run.id, run.step_id, run.priority
        FROM run
        WHERE run.location_id = location_room.id AND run.status = 'PENDING'
          AND run.not_before <= now() AND run.cancel_requested_at IS NULL
          AND EXISTS (SELECT FROM pipeline WHERE pipeline.id = run.pipeline_id AND pipeline.enabled AND pipeline.paused_at IS NULL)
          AND NOT EXISTS (SELECT FROM step_room WHERE step_room.id = run.step_id AND step_room.slots = 0)
        ORDER BY run.priority DESC, run.id
        LIMIT location_room.slots
        FOR UPDATE OF run SKIP LOCKED
      ) AS due
      ORDER BY due.priority DESC, due.id
      LIMIT ${request.limit}
    ), chosen AS (
      SELECT ranked.id
      FROM (SELECT id, step_id, row_number() OVER (PARTITION BY step_id ORDER BY priority DESC, id) AS place FROM candidate) AS ranked
      LEFT JOIN step_room ON step_room.id = ranked.step_id
      WHERE step_room.id IS NULL OR ranked.place <= step_room.slots
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

/** How many more runs each location and each limited step may have now; counted only where somebody set a limit. */
const rooms = (request: ClaimRequest): SqlFragment => sql`
    active AS MATERIALIZED (
      SELECT location_id, step_id, count(*) AS runs,
             count(*) FILTER (WHERE status IN ('STAGING_DATA', 'SUBMITTING', 'SUBMITTED')) AS queued
      FROM run
      WHERE status IN ('STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS')
        AND (location_id IN (SELECT id FROM data_location WHERE num_nonnulls(max_active_runs, max_jobs_in_queue) > 0)
             OR step_id IN (SELECT id FROM reduction_step WHERE max_active_runs IS NOT NULL))
      GROUP BY location_id, step_id
    ), location_room AS MATERIALIZED (
      SELECT location.id,
             greatest(0, least(location.max_active_runs - coalesce(sum(active.runs), 0),
                               location.max_jobs_in_queue - coalesce(sum(active.queued), 0), ${request.limit})) AS slots
      FROM data_location location LEFT JOIN active ON active.location_id = location.id
      WHERE location.id = ANY(${request.locationIds}::bigint[]) AND location.paused_at IS NULL
      GROUP BY location.id
    ), step_room AS MATERIALIZED (
      SELECT step.id, greatest(0, step.max_active_runs - coalesce(sum(active.runs), 0)) AS slots
      FROM reduction_step step LEFT JOIN active ON active.step_id = step.id
      WHERE step.max_active_runs IS NOT NULL
      GROUP BY step.id
    )`;
