import { sql, type CollectedProduct, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface ProductsOfRun {
  readonly runId: number;
  readonly attempt: number;
  readonly products: readonly CollectedProduct[];
}

/**
 * Inserts the items, products and copies of many runs in one statement; a path that its run already has is left alone.
 *
 * A product's dims are its run's, overlaid by its own; its observation time spans the run's members, not its calibrations. Ids are drawn from the sequence
 * first, because INSERT … RETURNING promises no order to match rows by. `metrics` is stored as {name: {value, unit}}. What the runs have
 * already is looked up by their ids first: beside thousands of new rows the planner would rather read all products there are.
 */
export async function insertProducts(manager: EntityManager, runs: readonly ProductsOfRun[]): Promise<void> {
  const rows = runs.flatMap((run) => run.products.map((product) => ({ ...product, runId: run.runId })));
  if (rows.length === 0) return;
  const runIds = runs.map((run) => run.runId);
  await queryRows(
    manager,
    sql`
    WITH known AS MATERIALIZED (
      SELECT run_id, path FROM data_product WHERE run_id = ANY(${runIds}::bigint[])
    ), input AS MATERIALIZED (
      SELECT nextval(ids.sequence) AS id, made.*
      FROM ${madeRows(rows)}
      CROSS JOIN (SELECT pg_get_serial_sequence('data_item', 'id')::regclass AS sequence OFFSET 0) AS ids
      WHERE NOT EXISTS (SELECT FROM known WHERE known.run_id = made.run_id AND known.path = made.path)
    ), source AS MATERIALIZED (
      SELECT run.id AS run_id, run.attempt, run.dims, run.location_id, attempt.directory, span.obs_time, span.obs_time_end
      FROM run
      JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
      CROSS JOIN LATERAL (
        SELECT min(item.obs_time) AS obs_time, max(coalesce(item.obs_time_end, item.obs_time)) AS obs_time_end
        FROM input_set_member member JOIN data_item item ON item.id = member.item_id
        WHERE member.input_set_id = run.input_set_id AND member.binding = ''
      ) AS span
      WHERE run.id = ANY(${runIds}::bigint[])
    ), item AS (
      INSERT INTO data_item (id, kind, name, dims, content_hash, size_bytes, obs_time, obs_time_end, metadata)
      OVERRIDING SYSTEM VALUE
      SELECT input.id, 'DATA_PRODUCT', input.name, source.dims || input.dims::jsonb, input.content_hash, input.size_bytes,
             source.obs_time, source.obs_time_end, input.metadata::jsonb
      FROM input JOIN source USING (run_id)
    ), product AS (
      INSERT INTO data_product (item_id, run_id, attempt, type, path, description, metrics)
      SELECT input.id, run_id, source.attempt, input.type, input.path, input.description, input.metrics::jsonb
      FROM input JOIN source USING (run_id)
    )
    INSERT INTO physical_copy (item_id, data_location_id, path, status, verified_at)
    SELECT input.id, source.location_id, source.directory || '/output/' || input.path, 'PRESENT', now()
    FROM input JOIN source USING (run_id)
  `,
  );
}

interface MadeProduct extends CollectedProduct {
  readonly runId: number;
}

const madeRows = (rows: readonly MadeProduct[]): SqlFragment => sql`unnest(
        ${rows.map((row) => row.runId)}::bigint[],
        ${rows.map((row) => row.type)}::text[],
        ${rows.map((row) => row.path)}::text[],
        ${rows.map((row) => row.path.slice(row.path.lastIndexOf('/') + 1))}::text[],
        ${rows.map((row) => row.description)}::text[],
        ${rows.map((row) => row.sha256)}::text[],
        ${rows.map((row) => row.sizeBytes)}::bigint[],
        ${rows.map((row) => JSON.stringify(row.dims))}::text[],
        ${rows.map((row) => JSON.stringify(row.metadata ?? {}))}::text[],
        ${rows.map(metricsDocument)}::text[]
      ) AS made (run_id, type, path, name, description, content_hash, size_bytes, dims, metadata, metrics)`;

const metricsDocument = ({ metrics }: CollectedProduct): string =>
  JSON.stringify(Object.fromEntries(metrics.map(({ name, value, unit }) => [name, { value, unit }])));
