import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import type { LineageEdge } from '../lineage-edges.sql.js';

/** One use or one making, as it was when it happened. */
export interface GraphEdge extends LineageEdge {
  readonly relation: 'used' | 'generated';
}

export interface GraphRequest {
  readonly runIds: readonly number[];
  readonly itemIds: readonly number[];
  readonly limit: number;
}

/**
 * The edges of these runs that lead to or from these items, in the order of `runIds`, then makings before uses, then by item: as a closure
 * names the nearest runs first, what is left of a list that was cut still hangs together.
 */
export const lineageGraph = (
  manager: EntityManager,
  { runIds, itemIds, limit }: GraphRequest,
): Promise<GraphEdge[]> =>
  queryRows(
    manager,
    sql`
    WITH shown AS MATERIALIZED (SELECT item_id FROM unnest(${itemIds}::bigint[]) AS shown (item_id))
    SELECT edge.relation, edge.item_id AS "itemId", walked.run_id AS "runId", edge.content_hash AS "contentHash"
    FROM unnest(${runIds}::bigint[]) WITH ORDINALITY AS walked (run_id, place), LATERAL (
      SELECT 'generated' AS relation, product.item_id, item.content_hash
      FROM data_product product JOIN data_item item ON item.id = product.item_id
      WHERE product.run_id = walked.run_id AND product.item_id IN (SELECT item_id FROM shown)
      UNION ALL
      SELECT * FROM (
        SELECT DISTINCT ON (member.item_id) 'used', member.item_id, member.content_hash
        FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id
        WHERE run.id = walked.run_id AND member.item_id IN (SELECT item_id FROM shown)
        ORDER BY member.item_id, member.binding) AS used
      OFFSET 0
    ) edge
    ORDER BY walked.place, edge.relation, edge.item_id
    LIMIT ${limit}`,
  );
