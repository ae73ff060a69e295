import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

export interface PurgeRow {
  readonly id: number;
  readonly location: string;
  readonly cause: 'high_water' | 'request';
  readonly requestedBy: string | null;
  readonly reason: string;
  readonly downToBytes: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly usedBeforeBytes: number | null;
  readonly usedAfterBytes: number | null;
  readonly problem: string | null;
  readonly sums: readonly PurgeSum[];
}

export interface PurgeSum {
  readonly action: 'delete' | 'keep';
  readonly reason: string;
  readonly files: number;
  readonly bytes: number;
}

const COLUMNS = sql`
    SELECT purge.id, location.name AS location, cause, requested_by AS "requestedBy", reason, down_to_bytes AS "downToBytes", purge.created_at AS "createdAt",
      started_at AS "startedAt", finished_at AS "finishedAt", used_before_bytes AS "usedBeforeBytes", used_after_bytes AS "usedAfterBytes", problem,
      coalesce((SELECT jsonb_agg(jsonb_build_object('action', action, 'reason', sum.reason, 'files', files, 'bytes', bytes) ORDER BY action, bytes DESC, sum.reason)
        FROM purge_sum sum WHERE sum.purge_id = purge.id), '[]') AS sums
    FROM purge JOIN data_location location ON location.id = purge.data_location_id`;

export interface PurgesQuery {
  readonly location: string | null;
  /** Purges before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` purges, newest first. */
export const listPurges = (
  manager: EntityManager,
  { location, before, limit }: PurgesQuery,
): Promise<PurgeRow[]> =>
  queryRows(
    manager,
    sql`${COLUMNS}
    WHERE (${before}::bigint IS NULL OR purge.id < ${before}) AND (${location}::text IS NULL OR location.name = ${location})
    ORDER BY purge.id DESC LIMIT ${limit}`,
  );

export const findPurge = (manager: EntityManager, id: number): Promise<PurgeRow | undefined> =>
  queryRow(manager, sql`${COLUMNS} WHERE purge.id = ${id}`);
