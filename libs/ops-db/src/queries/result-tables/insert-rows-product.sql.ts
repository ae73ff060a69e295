import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface RowsProduct {
  readonly runId: number;
  readonly table: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Makes the rows of a run a product of it, of type TABLE and without any copy: its bytes are made from the rows when they are wanted. One
 * that is there is left alone.
 */
export const insertRowsProduct = (
  manager: EntityManager,
  { runId, table, sha256, sizeBytes }: RowsProduct,
): Promise<unknown> =>
  queryRows(
    manager,
    sql`
    WITH made AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('data_item', 'id')) AS id, run.id AS run_id, run.attempt, run.dims, span.obs_time, span.obs_time_end
      FROM run CROSS JOIN LATERAL (
        SELECT min(item.obs_time) AS obs_time, max(coalesce(item.obs_time_end, item.obs_time)) AS obs_time_end
        FROM input_set_member member JOIN data_item item ON item.id = member.item_id
        WHERE member.input_set_id = run.input_set_id AND member.binding = ''
      ) AS span
      WHERE run.id = ${runId} AND NOT EXISTS (SELECT FROM data_product known WHERE known.run_id = run.id AND known.path = ${`results/${table}.ndjson`})
    ), item AS (
      INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes, obs_time, obs_time_end) OVERRIDING SYSTEM VALUE
      SELECT id, 'DATA_PRODUCT', ${`${table}.ndjson`}, dims, ${sha256}, ${sizeBytes}::bigint, obs_time, obs_time_end FROM made
    )
    INSERT INTO data_product (item_id, run_id, attempt, type, path, description)
    SELECT id, run_id, attempt, 'TABLE', ${`results/${table}.ndjson`}, ${`rows of the result table ${table}`} FROM made`,
  );
