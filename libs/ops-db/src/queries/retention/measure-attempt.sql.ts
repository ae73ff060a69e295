import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface HeldAttempt {
  readonly runId: number;
  readonly number: number;
  readonly owner: string;
}

/** Notes what an attempt left before any of it goes; what somebody who died noted holds. False when the attempt is somebody else's. */
export const measureAttempt = async (
  manager: EntityManager,
  { runId, number, owner }: HeldAttempt,
  found: { readonly files: number; readonly bytes: number },
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    UPDATE attempt SET cleared_files = coalesce(cleared_files, ${found.files}::bigint), cleared_bytes = coalesce(cleared_bytes, ${found.bytes}::bigint)
    WHERE run_id = ${runId} AND number = ${number} AND clearing_owner = ${owner} AND cleared_at IS NULL RETURNING run_id`,
  )) !== undefined;
