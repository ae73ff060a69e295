import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface LeaseRequest {
  readonly leaseOwner: string;
  readonly leaseSeconds: number;
  readonly runIds: readonly number[];
}

/** Gives these runs another `leaseSeconds` from now. Returns those that this owner still holds: the others are not its work any more. */
export const renewLeases = async (manager: EntityManager, request: LeaseRequest): Promise<number[]> => {
  if (request.runIds.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    UPDATE run SET lease_expires_at = now() + make_interval(secs => ${request.leaseSeconds})
    FROM (SELECT id FROM run
          WHERE id = ANY(${request.runIds}::bigint[]) AND lease_owner = ${request.leaseOwner}
          ORDER BY id FOR UPDATE) AS held
    WHERE run.id = held.id
    RETURNING run.id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
