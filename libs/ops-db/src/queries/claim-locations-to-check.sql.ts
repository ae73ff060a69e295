import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ProcessingLocation } from './list-processing-locations.sql.js';

export interface CheckIntervals {
  readonly healthySeconds: number;
  /** What is wrong is looked at more often, so that work goes on soon after it was put right. */
  readonly unhealthySeconds: number;
}

/**
 * The processing locations whose health nobody looked at for long enough, or since they were changed, marked as looked at now.
 *
 * However many replicas there are, one of them looks. One that dies after this costs one interval.
 */
export const claimLocationsToCheck = (
  manager: EntityManager,
  { healthySeconds, unhealthySeconds }: CheckIntervals,
): Promise<ProcessingLocation[]> =>
  queryRows(
    manager,
    sql`
    WITH due AS (
      SELECT id FROM data_location
      WHERE kind = 'PROCESSING'
        AND (health_checked_at IS NULL OR health_checked_at <= updated_at
          OR health_checked_at <= clock_timestamp() - make_interval(
               secs => CASE WHEN health ->> 'ok' = 'true' THEN ${healthySeconds}::double precision ELSE ${unhealthySeconds}::double precision END))
      ORDER BY id
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE data_location SET health_checked_at = clock_timestamp()
    FROM due WHERE data_location.id = due.id
    RETURNING data_location.id, name, base_path AS "basePath", backend, backend_config AS "backendConfig",
      (health ->> 'ok')::boolean AS "isHealthy"
  `,
  );
