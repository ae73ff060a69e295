import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { usageOf } from './location-usage.js';

export interface HeldPurge {
  readonly downToBytes: number;
  readonly usedBytes: number;
  readonly afterCopyId: number;
  readonly isPaused: boolean;
}

/** A purge that `owner` still holds, locked until the transaction ends, and what lies there now; undefined when it is lost. */
export const lockPurge = (
  manager: EntityManager,
  { id, owner }: { id: number; owner: string },
): Promise<HeldPurge | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT down_to_bytes AS "downToBytes", after_copy_id AS "afterCopyId", location.purge_paused_at IS NOT NULL AS "isPaused", usage.bytes AS "usedBytes"
    FROM purge JOIN data_location location ON location.id = purge.data_location_id CROSS JOIN LATERAL (${usageOf('location.id')}) usage
    WHERE purge.id = ${id} AND lease_owner = ${owner} AND lease_expires_at > now() AND finished_at IS NULL
    FOR UPDATE OF purge`,
  );
