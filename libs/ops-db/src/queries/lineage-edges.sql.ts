import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** One item that a run used or made. `contentHash` is what was consumed or written, whatever the item is now. */
export interface LineageEdge {
  readonly itemId: number;
  readonly runId: number;
  readonly contentHash: string;
}

/** Of `select`, the up to `limit` first edges by run and item: the same every time. */
interface EdgeSelection {
  readonly ids: readonly number[];
  readonly limit: number;
}

/** Which runs made these items. */
export const lineageMakers = (
  manager: EntityManager,
  { ids, limit }: EdgeSelection,
): Promise<LineageEdge[]> =>
  queryRows(
    manager,
    sql`
    SELECT p.item_id AS "itemId", p.run_id AS "runId", item.content_hash AS "contentHash"
    FROM data_product p JOIN data_item item ON item.id = p.item_id
    WHERE p.item_id = ANY(${ids}::bigint[])
    ORDER BY p.run_id, p.item_id
    LIMIT ${limit}
  `,
  );

/** What these runs used; an item that was a member and bound as well is one edge. */
export const lineageInputs = (
  manager: EntityManager,
  { ids, limit }: EdgeSelection,
): Promise<LineageEdge[]> =>
  queryRows(
    manager,
    sql`
    SELECT DISTINCT ON (run.id, m.item_id) m.item_id AS "itemId", run.id AS "runId", m.content_hash AS "contentHash"
    FROM run JOIN input_set_member m ON m.input_set_id = run.input_set_id
    WHERE run.id = ANY(${ids}::bigint[])
    ORDER BY run.id, m.item_id, m.binding
    LIMIT ${limit}
  `,
  );

/** Which runs with products used these items. */
export const lineageUsers = (manager: EntityManager, { ids, limit }: EdgeSelection): Promise<LineageEdge[]> =>
  queryRows(
    manager,
    sql`
    SELECT DISTINCT ON (run.id, m.item_id) m.item_id AS "itemId", run.id AS "runId", m.content_hash AS "contentHash"
    FROM input_set_member m JOIN run ON run.input_set_id = m.input_set_id
    WHERE m.item_id = ANY(${ids}::bigint[]) AND EXISTS (SELECT FROM data_product p WHERE p.run_id = run.id)
    ORDER BY run.id, m.item_id, m.binding
    LIMIT ${limit}
  `,
  );

/** What these runs made. */
export const lineageProducts = (
  manager: EntityManager,
  { ids, limit }: EdgeSelection,
): Promise<LineageEdge[]> =>
  queryRows(
    manager,
    sql`
    SELECT p.item_id AS "itemId", p.run_id AS "runId", item.content_hash AS "contentHash"
    FROM data_product p JOIN data_item item ON item.id = p.item_id
    WHERE p.run_id = ANY(${ids}::bigint[])
    ORDER BY p.run_id, p.item_id
    LIMIT ${limit}
  `,
  );
