import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Gives back a purge that `owner` still holds, to be gone on with later; `problem` says why. */
export async function putOffPurge(
  manager: EntityManager,
  { id, owner, problem, seconds }: { id: number; owner: string; problem: string | null; seconds: number },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE purge SET lease_owner = NULL, lease_expires_at = NULL, problem = ${problem}::text,
      not_before = now() + make_interval(secs => ${seconds}::double precision)
    WHERE id = ${id} AND lease_owner = ${owner} AND finished_at IS NULL RETURNING id`,
  );
}
