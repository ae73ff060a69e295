import { sql, type AttemptOutcome } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { BreakerScope } from './take-breaker-outcomes.sql.js';

export interface ScopeOutcome extends BreakerScope, AttemptOutcome {}

/**
 * The newest `perScope` outcomes of each step at a location, newest first, as far as they count: closing any breaker of a step
 * begins a new count for all of them. Ages are by the database's clock, which stamped the outcomes.
 */
export const loadBreakerOutcomes = (
  manager: EntityManager,
  { scopes, perScope }: { scopes: readonly BreakerScope[]; perScope: number },
): Promise<ScopeOutcome[]> =>
  queryRows(
    manager,
    sql`
    SELECT scope.location_id AS "locationId", scope.step_id AS "stepId", newest.failure_class AS "failureClass", newest.reason,
           greatest(0, extract(epoch FROM clock_timestamp() - newest.at))::double precision AS "ageSeconds"
    FROM unnest(${scopes.map((scope) => scope.locationId)}::bigint[], ${scopes.map((scope) => scope.stepId)}::bigint[])
         AS scope (location_id, step_id)
    CROSS JOIN LATERAL (
      SELECT id, failure_class, reason, at
      FROM run_outcome
      WHERE location_id = scope.location_id AND step_id = scope.step_id
        AND id > (SELECT coalesce(max(counts_after_outcome), 0) FROM circuit_breaker b
                  WHERE b.location_id = scope.location_id AND b.step_id = scope.step_id)
      ORDER BY id DESC
      LIMIT ${perScope}
    ) AS newest
    ORDER BY scope.location_id, scope.step_id, newest.id DESC
  `,
  );
