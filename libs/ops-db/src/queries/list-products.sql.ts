import { rawSql, sql, type Dims, type JsonObject, type QaVerdict } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { effectiveVerdict } from './quality/effective-verdict.js';
import { dimsMatch, type DimsQuery } from './dims-match.js';

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
  /** Whether some copy of it can be read; if not, whether its bytes were deleted on purpose. */
  readonly bytes: 'present' | 'purged' | 'missing';
}

export interface ProductsQuery {
  readonly pipeline: string | null;
  readonly step: string | null;
  readonly runId: number | null;
  readonly type: string | null;
  readonly verdict: QaVerdict | null;
  readonly dims: DimsQuery;
  /** False: superseded and retired ones too. */
  readonly currentOnly: boolean;
  /** Products before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

const COLUMNS =
  rawSql(`item.id, item.name, p.type, pipeline.name AS pipeline, step.name AS step, p.run_id AS "runId", p.attempt,
      p.path, p.description, item.dims, p.metrics, item.size_bytes AS "sizeBytes", item.content_hash AS sha256,
      item.registered_at AS "registeredAt", p.superseded_at AS "supersededAt", p.superseded_by_run_id AS "supersededByRunId", ${effectiveVerdict('p.run_id').text} AS verdict,
      (SELECT CASE WHEN bool_or(copy.status IN ('PRESENT', 'STAGED')) THEN 'present' WHEN bool_or(copy.status LIKE 'DELET%') THEN 'purged' ELSE 'missing' END
       FROM physical_copy copy WHERE copy.item_id = item.id) AS bytes`);
const TABLES = rawSql(`data_product p
    JOIN data_item item ON item.id = p.item_id
    JOIN run ON run.id = p.run_id
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN reduction_step step ON step.id = run.step_id`);

/** Up to `limit` products, newest first. */
export const listProducts = (manager: EntityManager, query: ProductsQuery): Promise<ProductRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT ${COLUMNS}
    FROM ${TABLES}
    WHERE (${query.before}::bigint IS NULL OR item.id < ${query.before})
      AND (${query.pipeline}::text IS NULL OR pipeline.name = ${query.pipeline})
      AND (${query.step}::text IS NULL OR step.name = ${query.step})
      AND (${query.runId}::bigint IS NULL OR p.run_id = ${query.runId})
      AND (${query.type}::text IS NULL OR p.type = ${query.type})
      AND (${query.verdict}::text IS NULL OR ${effectiveVerdict('p.run_id')} = ${query.verdict})
      AND (NOT ${query.currentOnly}::boolean OR (p.superseded_at IS NULL AND item.retired_at IS NULL))
      AND ${dimsMatch(rawSql('item.dims'), query.dims)}
    ORDER BY item.id DESC
    LIMIT ${query.limit}
  `,
  );

export const findProduct = (manager: EntityManager, id: number): Promise<ProductRow | undefined> =>
  queryRow(manager, sql`SELECT ${COLUMNS} FROM ${TABLES} WHERE item.id = ${id}`);
