import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Copies at a location that are to go, or are going, by whoever's decision, oldest first. */
export const listCopiesBeingDeleted = async (
  manager: EntityManager,
  { locationId, limit }: { locationId: number; limit: number },
): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    SELECT id FROM physical_copy
    WHERE data_location_id = ${locationId} AND status IN ('DELETION_SCHEDULED', 'DELETION_IN_PROGRESS')
      AND EXISTS (SELECT FROM purge_decision decision WHERE decision.copy_id = physical_copy.id AND decision.action = 'delete' AND decision.deleted_at IS NULL)
    ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
};
