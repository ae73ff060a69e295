import { sql, type BreakerTrip } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { BreakerScope } from './take-breaker-outcomes.sql.js';

export interface ScopeTrip extends BreakerScope, BreakerTrip {}

/** Opens these breakers; one that is open already stays as it is. Returns the ids of those that it opened. */
export const openBreakers = async (
  manager: EntityManager,
  trips: readonly ScopeTrip[],
): Promise<number[]> => {
  if (trips.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    INSERT INTO circuit_breaker (location_id, step_id, failure_class, is_open, failures, outcomes, last_failure, opened_at, openings, retry_at)
    SELECT location_id, step_id, failure_class, true, failures, outcomes, last_failure, clock_timestamp(), 1,
           clock_timestamp() + make_interval(secs => cool_down_seconds)
    FROM unnest(
      ${trips.map((trip) => trip.locationId)}::bigint[],
      ${trips.map((trip) => trip.stepId)}::bigint[],
      ${trips.map((trip) => trip.failureClass)}::text[],
      ${trips.map((trip) => trip.failures)}::integer[],
      ${trips.map((trip) => trip.outcomes)}::integer[],
      ${trips.map((trip) => trip.lastFailure)}::text[],
      ${trips.map((trip) => trip.coolDownSeconds)}::double precision[]
    ) AS trip (location_id, step_id, failure_class, failures, outcomes, last_failure, cool_down_seconds)
    ON CONFLICT (location_id, step_id, failure_class) DO UPDATE
    SET is_open = true, failures = excluded.failures, outcomes = excluded.outcomes, last_failure = excluded.last_failure,
        opened_at = excluded.opened_at, openings = 1, retry_at = excluded.retry_at, closed_at = NULL, closed_by = NULL
    WHERE NOT circuit_breaker.is_open
    RETURNING id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
