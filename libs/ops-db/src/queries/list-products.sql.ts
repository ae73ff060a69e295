import {
  joinSql,
  rawSql,
  sql,
  type Dims,
  type Filter,
  type JsonObject,
  type QaVerdict,
  type SqlFragment,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { effectiveVerdict } from './quality/effective-verdict.js';
import type { PreviewState } from './previews/find-preview.sql.js';
import { dimsMatch, type DimsQuery } from './dims-match.js';
import { itemMatches } from './item-matches.js';

export interface ProductRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly pipeline: string;
  readonly step: string;
  readonly runId: number;
  readonly attempt: number;
  readonly path: string;
  readonly description: string;
  readonly dims: Dims;
  readonly metrics: JsonObject;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly registeredAt: Date;
  readonly supersededAt: Date | null;
  readonly supersededByRunId: number | null;
  /** That of its run; null while nobody has judged it. */
  readonly verdict: QaVerdict | null;
  /** Marked bad, or made of what is. */
  readonly isTainted: boolean;
  /** Whether some copy of it can be read; if not, whether its bytes were deleted on purpose. */
  readonly bytes: 'present' | 'purged' | 'missing';
  /** Of its picture; null where none is there and none will be made. */
  readonly preview: PreviewState | null;
}

export interface ProductFilter {
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly runId: number | null;
  readonly type: string | null;
  readonly verdict: QaVerdict | null;
  readonly dims: DimsQuery;
  /** Of pipelines of this grouping. */
  readonly grouping: string | null;
  readonly subGroupId: number | null;
  readonly isTainted: boolean | null;
  /** Reached by this taint. */
  readonly taintId: number | null;
  /** In the language of groupings, over their headers too; null is everything. */
  readonly filter: Filter | null;
  /** What `within_last` counts back from. */
  readonly now: Date;
}

export interface ProductsQuery extends ProductFilter {
  /** False: superseded and retired ones too. */
  readonly currentOnly: boolean;
  /** ISO 8601: those that were current then; `currentOnly` says nothing then. */
  readonly asOf: string | null;
  /** Products before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

export const PRODUCT_COLUMNS =
  rawSql(`item.id, item.name, p.type, pipeline.name AS pipeline, step.name AS step, p.run_id AS "runId", p.attempt,
      p.path, p.description, item.dims, p.metrics, item.size_bytes AS "sizeBytes", item.content_hash AS sha256,
      item.registered_at AS "registeredAt", p.superseded_at AS "supersededAt", p.superseded_by_run_id AS "supersededByRunId", ${effectiveVerdict('p.run_id').text} AS verdict,
      EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = p.item_id) AS "isTainted",
      (SELECT CASE WHEN p.type = 'TABLE' OR bool_or(copy.status IN ('PRESENT', 'STAGED')) THEN 'present' WHEN bool_or(copy.status LIKE 'DELET%') THEN 'purged' ELSE 'missing' END
       FROM physical_copy copy WHERE copy.item_id = item.id) AS bytes,
      (SELECT state FROM product_preview WHERE product_preview.item_id = p.item_id) AS preview`);
export const PRODUCT_TABLES = rawSql(`data_product p
    JOIN data_item item ON item.id = p.item_id
    JOIN run ON run.id = p.run_id
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN reduction_step step ON step.id = run.step_id`);

/** TRUE of the rows of `PRODUCT_TABLES` that are asked for. */
export const productsMatch = (filter: ProductFilter): SqlFragment => {
  const { pipeline, step, runId, type, verdict, dims, grouping, subGroupId } = filter;
  return sql`(${pipeline}::text IS NULL OR pipeline.name = ${pipeline})
      AND (${step}::text IS NULL OR step.name = ${step})
      AND (${runId}::bigint IS NULL OR p.run_id = ${runId})
      AND (${type}::text IS NULL OR p.type = ${type})
      AND (${verdict}::text IS NULL OR ${effectiveVerdict('p.run_id')} = ${verdict})
      AND (${grouping}::text IS NULL OR pipeline.data_grouping_id = (SELECT id FROM data_grouping WHERE name = ${grouping}))
      AND (${subGroupId}::bigint IS NULL OR run.sub_group_id = ${subGroupId})
      AND ${isReached(filter)}
      AND ${dimsMatch(rawSql('item.dims'), dims)}
      AND ${itemMatches(rawSql('p.item_id'), filter.filter, filter.now)}`;
};

/** Up to `limit` products, newest first. */
export const listProducts = (manager: EntityManager, query: ProductsQuery): Promise<ProductRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT ${PRODUCT_COLUMNS}
    FROM ${PRODUCT_TABLES}
    WHERE (${query.before}::bigint IS NULL OR item.id < ${query.before})
      AND ${productsMatch(query)}
      AND ${isCurrent(query)}
    ORDER BY item.id DESC
    LIMIT ${query.limit}
  `,
  );

/** A result is current from the transaction that registers it to the one that registers its successor: at any time there is one. */
const isCurrent = ({ currentOnly, asOf }: ProductsQuery): SqlFragment =>
  asOf === null
    ? sql`(NOT ${currentOnly}::boolean OR (p.superseded_at IS NULL AND item.retired_at IS NULL))`
    : sql`(item.registered_at <= ${asOf}::timestamptz AND coalesce(p.superseded_at > ${asOf}::timestamptz, true) AND coalesce(item.retired_at > ${asOf}::timestamptz, true))`;

// A condition for each question, and no OR between them: few products of many are tainted, and the planner is to begin with those.
function isReached({ isTainted, taintId }: ProductFilter): SqlFragment {
  const reached =
    taintId === null
      ? sql`SELECT item_id FROM tainted_product`
      : sql`SELECT item_id FROM tainted_product WHERE taint_id = ${taintId}`;
  const conditions = [
    ...(isTainted === true || taintId !== null ? [sql`item.id IN (${reached})`] : []),
    ...(isTainted === false
      ? [sql`NOT EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = item.id)`]
      : []),
  ];
  return joinSql(conditions, ' AND ', 'true');
}

export interface FoundProduct extends ProductRow {
  /** What its headers say. */
  readonly metadata: JsonObject;
}

export const findProduct = (manager: EntityManager, id: number): Promise<FoundProduct | undefined> =>
  queryRow(
    manager,
    sql`SELECT ${PRODUCT_COLUMNS}, item.metadata FROM ${PRODUCT_TABLES} WHERE item.id = ${id}`,
  );
