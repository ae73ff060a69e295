import { sql, type RemakeAccount } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { hasGoodCopy } from './good-copy.js';

/**
 * How far the newest request for each of these products is that has no copy; by product. Those that were never asked for are left out.
 *
 * In a transaction that puts a run to wait, they cannot be settled before it is committed: whoever settles them sees the waiting run, and wakes it.
 */
export const listRemakeAccounts = (
  manager: EntityManager,
  itemIds: readonly number[],
): Promise<RemakeAccount[]> =>
  queryRows(
    manager,
    sql`
    SELECT product.item_id AS "productId", item.name, latest.state, latest.remake_run_id AS "remakeRunId", latest.reason
    FROM data_product product JOIN data_item item ON item.id = product.item_id
    JOIN rematerialisation latest ON latest.id = (SELECT max(known.id) FROM rematerialisation known WHERE known.run_id = product.run_id)
    WHERE product.item_id = ANY(${itemIds}::bigint[]) AND NOT ${hasGoodCopy('product.item_id')}
    ORDER BY product.item_id
    FOR SHARE OF latest`,
  );
