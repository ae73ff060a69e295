import { sql, type JobEndState, type JobToken, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { HELD_LOCATION, type HeldLocation } from './held-location.js';

/** A run whose job ended, with all that is needed to judge what it left. */
export interface ClaimedCollection {
  readonly runId: number;
  readonly attempt: number;
  readonly token: JobToken;
  readonly basePath: string;
  /** Where that is, and how one gets there. */
  readonly location: HeldLocation;
  /** The attempt's directory, relative to `basePath`. */
  readonly directory: string;
  readonly endState: JobEndState | null;
  readonly exitCode: number | null;
  /** What the site says about the end; null when it says nothing. */
  readonly siteReason: string | null;
  readonly secondsSinceEnd: number;
  readonly cancelRequested: boolean;
  readonly failureCount: number;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
  readonly maxMemoryMb: number;
  readonly maxWalltimeMinutes: number;
  readonly retry: JsonObject;
  readonly outputs: JsonObject;
  readonly exitCodes: JsonObject;
  /** Names of the result tables that its software fills. */
  readonly tables: readonly string[];
  /** No living step takes what this one makes. */
  readonly isFinalStep: boolean;
  /** It makes products of another run again; what its step promises and fills is that one's. */
  readonly isRemake: boolean;
}

export interface ClaimCollectionsRequest {
  readonly owner: string;
  readonly leaseSeconds: number;
  readonly limit: number;
}

/**
 * Leases up to `limit` runs in COLLECTING_RESULTS to `owner`; no order is promised.
 *
 * SKIP LOCKED and the lease keep two collectors apart. A run whose lease expired is taken like one that never had any: this is
 * also the rescue of what a collector that died had claimed.
 */
export const claimCollections = (
  manager: EntityManager,
  { owner, leaseSeconds, limit }: ClaimCollectionsRequest,
): Promise<ClaimedCollection[]> =>
  queryRows(
    manager,
    sql`
    WITH next AS (
      SELECT id FROM run
      WHERE status = 'COLLECTING_RESULTS' AND (lease_expires_at IS NULL OR lease_expires_at <= now())
      ORDER BY id
      LIMIT ${limit}
      FOR NO KEY UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE run SET lease_owner = ${owner}::text, lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::double precision)
      FROM next WHERE run.id = next.id
      RETURNING run.*
    )
    SELECT claimed.id AS "runId", claimed.attempt, attempt.token, location.base_path AS "basePath", attempt.directory,
           ${HELD_LOCATION} AS location,
           attempt.end_state AS "endState", attempt.exit_code AS "exitCode", attempt.reason AS "siteReason",
           extract(epoch FROM now() - coalesce(attempt.ended_at, claimed.changed_at))::double precision AS "secondsSinceEnd",
           claimed.cancel_requested_at IS NOT NULL AS "cancelRequested", claimed.failure_count AS "failureCount",
           attempt.cpus, attempt.memory_mb AS "memoryMb", attempt.walltime_minutes AS "walltimeMinutes",
           step.max_memory_mb AS "maxMemoryMb", step.max_walltime_minutes AS "maxWalltimeMinutes",
           step.retry, CASE WHEN claimed.remakes_run_id IS NULL THEN step.outputs ELSE '{}' END AS outputs, claimed.remakes_run_id IS NOT NULL AS "isRemake", version.exit_codes AS "exitCodes",
           ARRAY(SELECT declared ->> 'name' FROM jsonb_array_elements(version.tables) declared) AS tables,
           NOT EXISTS (
             SELECT FROM reduction_step_dependency dependency JOIN reduction_step dependent ON dependent.id = dependency.step_id
             WHERE dependency.upstream_step_id = step.id AND dependent.retired_at IS NULL
           ) AS "isFinalStep"
    FROM claimed
    JOIN attempt ON attempt.run_id = claimed.id AND attempt.number = claimed.attempt
    JOIN data_location location ON location.id = claimed.location_id
    JOIN reduction_step step ON step.id = claimed.step_id
    JOIN reduction_software_version version ON version.id = claimed.software_version_id
  `,
  );
