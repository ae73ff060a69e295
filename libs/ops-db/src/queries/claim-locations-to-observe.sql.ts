import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** A site with jobs, as its backend is made from. */
export interface LocationToObserve {
  readonly id: number;
  readonly name: string;
  readonly basePath: string;
  readonly backend: string;
  readonly backendConfig: JsonObject;
}

/**
 * The locations with jobs that nobody asked within `intervalMs`, marked as asked now.
 *
 * However many replicas poll and however often they are woken, each site is asked once per interval. A replica that dies after
 * this costs one interval.
 */
export const claimLocationsToObserve = (
  manager: EntityManager,
  { intervalMs }: { intervalMs: number },
): Promise<LocationToObserve[]> =>
  queryRows(
    manager,
    sql`
    WITH due AS (
      SELECT id FROM data_location
      WHERE coalesce(observed_at <= clock_timestamp() - make_interval(secs => ${intervalMs / 1000}::double precision), true)
        AND EXISTS (SELECT FROM run WHERE run.location_id = data_location.id AND run.status IN ('SUBMITTED', 'RUNNING'))
      ORDER BY id
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE data_location SET observed_at = clock_timestamp()
    FROM due WHERE data_location.id = due.id
    RETURNING data_location.id, name, base_path AS "basePath", backend, backend_config AS "backendConfig"
  `,
  );
