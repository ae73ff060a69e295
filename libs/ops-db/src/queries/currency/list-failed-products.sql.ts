import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { PRODUCT_COLUMNS, PRODUCT_TABLES, productsMatch, type ProductRow } from '../list-products.sql.js';
import { isBefore, type CurrencyQuery } from './list-stale-products.sql.js';

/**
 * Up to `limit` products that are the last that their sub-group has although its newest work failed, or that were made while items failed,
 * as long as nothing has healed that; by run and id, newest first. What is read is what is open, however much once was: OFFSET 0 keeps each
 * look at an index, where the planner, who cannot know how little that is, would join whole tables.
 */
export const listFailedProducts = (manager: EntityManager, query: CurrencyQuery): Promise<ProductRow[]> =>
  queryRows(
    manager,
    sql`
    WITH failing AS MATERIALIZED (
      SELECT g.last_completed_run_id AS run_id FROM open_failure
      CROSS JOIN LATERAL (SELECT last_completed_run_id FROM sub_group WHERE id = open_failure.sub_group_id OFFSET 0) g
      UNION
      SELECT run_id FROM open_item_failure
    )
    SELECT found.* FROM failing
    CROSS JOIN LATERAL (
      SELECT ${PRODUCT_COLUMNS} FROM ${PRODUCT_TABLES}
      WHERE p.run_id = failing.run_id AND item.retired_at IS NULL AND ${isBefore('p.run_id', 'p.item_id', query)} AND ${productsMatch(query)} OFFSET 0
    ) found
    ORDER BY found."runId" DESC, found.id DESC LIMIT ${query.limit}`,
  );
