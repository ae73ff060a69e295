import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Items that some runs produced, of whatever type. */
export const listRunProducts = async (
  manager: EntityManager,
  runIds: readonly number[],
): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`SELECT item_id AS id FROM data_product WHERE run_id = ANY(${runIds}::bigint[])`,
  );
  return rows.map(({ id }) => id);
};
