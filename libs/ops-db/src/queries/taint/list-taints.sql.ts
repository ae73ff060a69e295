import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

export interface TaintRow {
  readonly id: number;
  readonly kind: 'item' | 'software' | 'host';
  readonly itemId: number | null;
  /** Its name, when an item is meant. */
  readonly item: string | null;
  readonly contentHash: string | null;
  readonly software: string | null;
  readonly softwareVersion: string | null;
  readonly host: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
  readonly reason: string;
  readonly markedBy: string;
  readonly markedAt: Date;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
  readonly liftedWhy: string | null;
  /** How many products it reaches; 0 once it is lifted. */
  readonly products: number;
  /** How many of those are the present result of their sub-group. */
  readonly currentProducts: number;
  /** How many of those are public, or being copied there. */
  readonly published: number;
}

const COLUMNS = sql`
    SELECT taint.id, taint.kind, taint.item_id AS "itemId", item.name AS item, taint.content_hash AS "contentHash", software.name AS software,
      version.version AS "softwareVersion", taint.host, taint.since, taint.until, taint.reason, taint.marked_by AS "markedBy", taint.marked_at AS "markedAt",
      taint.lifted_at AS "liftedAt", taint.lifted_by AS "liftedBy", taint.lifted_why AS "liftedWhy",
      reach.products::int AS products, reach.current::int AS "currentProducts",
      (SELECT count(*)::int FROM tainted_product JOIN publication USING (item_id) WHERE taint_id = taint.id AND publication.state IN ('published', 'publishing')) AS published
    FROM taint
    LEFT JOIN data_item item ON item.id = taint.item_id
    LEFT JOIN reduction_software_version version ON version.id = taint.software_version_id
    LEFT JOIN reduction_software software ON software.id = version.software_id
    CROSS JOIN LATERAL (
      SELECT count(*) AS products, count(*) FILTER (WHERE product.superseded_at IS NULL) AS current
      FROM tainted_product JOIN data_product product USING (item_id) WHERE taint_id = taint.id) reach`;

export interface TaintsQuery {
  /** Lifted ones too. */
  readonly all: boolean;
  /** Taints before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` taints, newest first. */
export const listTaints = (
  manager: EntityManager,
  { all, before, limit }: TaintsQuery,
): Promise<TaintRow[]> =>
  queryRows(
    manager,
    sql`${COLUMNS}
    WHERE (${before}::bigint IS NULL OR taint.id < ${before}) AND (${all}::boolean OR taint.lifted_at IS NULL)
    ORDER BY taint.id DESC LIMIT ${limit}`,
  );

export const findTaint = (manager: EntityManager, id: number): Promise<TaintRow | undefined> =>
  queryRow(manager, sql`${COLUMNS} WHERE taint.id = ${id}`);
