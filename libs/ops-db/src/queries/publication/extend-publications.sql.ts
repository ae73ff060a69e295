import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Prolongs the leases that `owner` still holds. */
export async function extendPublications(
  manager: EntityManager,
  { owner, ids, seconds }: { owner: string; ids: readonly number[]; seconds: number },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE publication SET lease_expires_at = now() + make_interval(secs => ${seconds})
    WHERE id = ANY(${ids}::bigint[]) AND state = 'publishing' AND lease_owner = ${owner} RETURNING id`,
  );
}
