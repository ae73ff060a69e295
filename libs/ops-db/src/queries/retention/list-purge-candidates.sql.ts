import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface CandidatesQuery {
  readonly locationId: number;
  /** Copies after this one. */
  readonly after: number;
  readonly limit: number;
}

/** The next copies that lie at a location, oldest first: their ids are given in the order of registration. */
export const listPurgeCandidates = async (
  manager: EntityManager,
  { locationId, after, limit }: CandidatesQuery,
): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    SELECT id FROM physical_copy WHERE data_location_id = ${locationId} AND status = 'PRESENT' AND id > ${after} ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
};
