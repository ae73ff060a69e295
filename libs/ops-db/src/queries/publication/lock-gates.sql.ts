import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Locks up to `limit` publications that are staged, or eligible and due, with their runs, until the transaction ends: whoever judges a run
 * meanwhile waits, so that what is read of it afterwards is true when the gate opens. Returns their ids.
 */
export const lockGates = async (manager: EntityManager, limit: number): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    SELECT publication.id
    FROM publication JOIN data_product product USING (item_id) JOIN run ON run.id = product.run_id
    WHERE publication.state IN ('staged', 'eligible') AND publication.not_before <= now()
    ORDER BY publication.not_before, publication.id
    LIMIT ${limit}
    FOR NO KEY UPDATE OF publication, run SKIP LOCKED`,
  );
  return rows.map(({ id }) => id);
};
