import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

export interface ClaimedRebuild {
  readonly id: number;
  readonly dryRun: boolean;
  readonly location: HeldLocation;
}

/** Leases the oldest rebuild that is not over to `owner`, who may have it already; one whose owner went silent as well. */
export const claimRebuild = (
  manager: EntityManager,
  { owner, leaseSeconds }: { owner: string; leaseSeconds: number },
): Promise<ClaimedRebuild | undefined> =>
  queryRow(
    manager,
    sql`
    WITH next AS (
      SELECT id FROM location_rebuild
      WHERE finished_at IS NULL AND (lease_owner = ${owner} OR coalesce(lease_expires_at <= now(), true))
      ORDER BY lease_owner = ${owner} DESC NULLS LAST, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE location_rebuild asked SET state = 'running', lease_owner = ${owner}, lease_expires_at = now() + make_interval(secs => ${leaseSeconds})
      FROM next WHERE asked.id = next.id RETURNING asked.*
    )
    SELECT claimed.id, claimed.dry_run AS "dryRun", ${HELD_LOCATION} AS location
    FROM claimed JOIN data_location location ON location.id = claimed.data_location_id`,
  );

/** Keeps the rebuild for longer; nothing happens when `owner` lost it. */
export async function extendRebuild(
  manager: EntityManager,
  { id, owner, leaseSeconds }: { id: number; owner: string; leaseSeconds: number },
): Promise<void> {
  await queryRow(
    manager,
    sql`UPDATE location_rebuild SET lease_expires_at = now() + make_interval(secs => ${leaseSeconds}) WHERE id = ${id} AND lease_owner = ${owner} RETURNING id`,
  );
}
