import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Prolongs the lease of a purge that `owner` still holds; false when it is somebody else's by now. */
export const extendPurge = async (
  manager: EntityManager,
  { id, owner, leaseSeconds }: { id: number; owner: string; leaseSeconds: number },
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    UPDATE purge SET lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::double precision)
    WHERE id = ${id} AND lease_owner = ${owner} AND lease_expires_at > now() RETURNING id`,
  )) !== undefined;
