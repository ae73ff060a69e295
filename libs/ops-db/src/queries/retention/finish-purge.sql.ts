import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { usageOf } from './location-usage.js';

/** Ends a purge that the caller has locked; `problem` says why it did not get down to its level. */
export async function finishPurge(
  manager: EntityManager,
  { id, problem }: { id: number; problem: string | null },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE purge SET finished_at = now(), problem = ${problem}::text, lease_owner = NULL, lease_expires_at = NULL,
      used_after_bytes = (SELECT bytes FROM (${usageOf('purge.data_location_id')}) usage)
    WHERE id = ${id} RETURNING id`,
  );
}
