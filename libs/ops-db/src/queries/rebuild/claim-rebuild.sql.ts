import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface ClaimedRebuild {
  readonly id: number;
  readonly dryRun: boolean;
  readonly location: {
    readonly id: number;
    readonly name: string;
    readonly basePath: string;
    readonly backend: string | null;
    readonly backendConfig: JsonObject;
  };
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
    SELECT claimed.id, claimed.dry_run AS "dryRun", json_build_object('id', location.id, 'name', location.name, 'basePath', location.base_path,
      'backend', location.backend, 'backendConfig', location.backend_config) AS location
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
