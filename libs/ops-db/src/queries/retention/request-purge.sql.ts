import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface PurgeRequest {
  readonly locationId: number;
  readonly downToBytes: number;
  readonly actor: string;
  readonly reason: string;
}

/** Opens a purge because a person asks for it; undefined when one of that location is open. */
export const requestPurge = (
  manager: EntityManager,
  { locationId, downToBytes, actor, reason }: PurgeRequest,
): Promise<{ readonly id: number } | undefined> =>
  queryRow(
    manager,
    sql`
    WITH told AS (SELECT pg_notify('meridian_work', 'purge'))
    INSERT INTO purge (data_location_id, cause, requested_by, reason, down_to_bytes)
    SELECT ${locationId}, 'request', ${actor}::text, ${reason}::text, ${downToBytes}::bigint FROM told
    ON CONFLICT (data_location_id) WHERE finished_at IS NULL DO NOTHING
    RETURNING id`,
  );
