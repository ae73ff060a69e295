import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { usageOf } from './location-usage.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

export interface ClaimedPurge {
  readonly id: number;
  readonly location: HeldLocation;
}

/**
 * Takes the oldest open purge that nobody holds under a lease; undefined when there is none. From then on its holder alone deletes at its
 * location, also what another one that died had begun to.
 */
export const claimPurge = (
  manager: EntityManager,
  { owner, leaseSeconds }: { owner: string; leaseSeconds: number },
): Promise<ClaimedPurge | undefined> =>
  queryRow(
    manager,
    sql`
    WITH free AS (
      SELECT purge.id, location.id AS location_id FROM purge JOIN data_location location ON location.id = purge.data_location_id
      WHERE finished_at IS NULL AND (lease_expires_at IS NULL OR lease_expires_at <= now()) AND not_before <= now() AND purge_paused_at IS NULL
      ORDER BY purge.id LIMIT 1 FOR UPDATE OF purge SKIP LOCKED
    )
    UPDATE purge SET lease_owner = ${owner}, lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::double precision),
      started_at = coalesce(started_at, now()), used_before_bytes = coalesce(used_before_bytes, (SELECT bytes FROM (${usageOf('free.location_id')}) usage))
    FROM free JOIN data_location location ON location.id = free.location_id
    WHERE purge.id = free.id
    RETURNING purge.id, ${HELD_LOCATION} AS location`,
  );
