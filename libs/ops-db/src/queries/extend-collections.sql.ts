import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface ExtendCollectionsRequest {
  readonly owner: string;
  readonly runIds: readonly number[];
  /** Until nobody, this owner included, takes the runs again: a lease to keep, or a time to wait. */
  readonly seconds: number;
}

/** Moves the end of leases that `owner` still holds to `seconds` from now. Returns how many it still holds. */
export async function extendCollections(
  manager: EntityManager,
  { owner, runIds, seconds }: ExtendCollectionsRequest,
): Promise<number> {
  if (runIds.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    UPDATE run SET lease_expires_at = now() + make_interval(secs => ${seconds}::double precision)
    WHERE id = ANY(${runIds}::bigint[]) AND status = 'COLLECTING_RESULTS' AND lease_owner = ${owner}
    RETURNING id
  `,
  );
  return rows.length;
}
