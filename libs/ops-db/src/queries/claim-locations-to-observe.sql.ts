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

export interface ObservationClaim {
  /** No site is asked more often than this. */
  readonly intervalMs: number;
  /** A job that was submitted less than this ago is no reason to ask: there is nothing to see yet. */
  readonly firstLookMs: number;
}

export interface ClaimedLocations {
  /** To be asked now. */
  readonly due: readonly LocationToObserve[];
  /** When the next one of all locations with jobs is due; null when there are no jobs. */
  readonly nextInMs: number | null;
}

/**
 * The locations with jobs that nobody asked within `intervalMs`, marked as asked now.
 *
 * However many replicas poll and however often they are woken, each site is asked once per interval. A replica that dies after
 * this costs one interval.
 */
export async function claimLocationsToObserve(
  manager: EntityManager,
  { intervalMs, firstLookMs }: ObservationClaim,
): Promise<ClaimedLocations> {
  const interval = sql`make_interval(secs => ${intervalMs / 1000}::double precision)`;
  const rows = await queryRows<LocationToObserve & { isDue: boolean; dueInMs: number }>(
    manager,
    sql`
    WITH busy AS (
      SELECT location.id, greatest(location.observed_at + ${interval}, started.at) AS due_at
      FROM data_location location
      CROSS JOIN LATERAL (
        SELECT CASE status WHEN 'RUNNING' THEN '-infinity' ELSE changed_at + make_interval(secs => ${firstLookMs / 1000}::double precision) END AS at
        FROM run WHERE run.location_id = location.id AND run.status IN ('SUBMITTED', 'RUNNING')
        ORDER BY status, id LIMIT 1
      ) AS started
    ), due AS (
      SELECT location.id FROM data_location location JOIN busy ON busy.id = location.id
      WHERE busy.due_at <= clock_timestamp() AND coalesce(location.observed_at <= clock_timestamp() - ${interval}, true)
      ORDER BY location.id
      FOR NO KEY UPDATE OF location SKIP LOCKED
    ), marked AS (
      UPDATE data_location SET observed_at = clock_timestamp()
      FROM due WHERE data_location.id = due.id
      RETURNING data_location.*
    )
    SELECT busy.id, marked.name, marked.base_path AS "basePath", marked.backend, marked.backend_config AS "backendConfig",
           marked.id IS NOT NULL AS "isDue",
           CASE WHEN marked.id IS NULL AND busy.due_at > clock_timestamp()
             THEN extract(epoch FROM busy.due_at - clock_timestamp())::double precision * 1000
             ELSE ${intervalMs}::double precision END AS "dueInMs"
    FROM busy LEFT JOIN marked ON marked.id = busy.id
    ORDER BY busy.id
  `,
  );
  return {
    due: rows
      .filter(({ isDue }) => isDue)
      .map(({ id, name, basePath, backend, backendConfig }) => ({
        id,
        name,
        basePath,
        backend,
        backendConfig,
      })),
    nextInMs: rows.length === 0 ? null : Math.min(...rows.map(({ dueInMs }) => dueInMs)),
  };
}
