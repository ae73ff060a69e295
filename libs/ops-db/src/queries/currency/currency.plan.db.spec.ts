import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import {
  aProduct,
  aRun,
  aStep,
  EVERY_PRODUCT,
  openTestDatabase,
  type BuiltRun,
  type TestDatabase,
} from '../../testing/index.js';
import { listFailedProducts } from './list-failed-products.sql.js';
import { listFailures } from './list-failures.sql.js';
import { listStaleProducts } from './list-stale-products.sql.js';

/** Enough that a look at everything shows. */
const RESULTS = 20_000;
const FEW = 400;

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const rowsRead = (node: PlanNode): number =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];

describe('what is stale or failed, by the plans of the lists', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let run: BuiltRun;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    const step = await aStep(db);
    run = await aRun(db, { step, status: 'COMPLETED' });
    await aProduct(db, run);
    await queryRows(
      db,
      sql`
      WITH grouped AS (
        INSERT INTO sub_group (step_id, key, dims, state) SELECT ${step.stepId}, gen_random_uuid(), '{}', 'current' FROM generate_series(1, ${RESULTS}::int) RETURNING id
      )
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint, recipe_hash,
        software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at)
      SELECT pipeline_id, step_id, grouped.id, location_id, software_version_id, input_set_id, input_fingerprint, recipe_hash,
        software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at
      FROM run, grouped WHERE run.id = ${run.runId}`,
    );
    await queryRows(
      db,
      sql`UPDATE sub_group g SET last_completed_run_id = run.id FROM run WHERE run.sub_group_id = g.id AND run.id > ${run.runId}`,
    );
    await queryRows(
      db,
      sql`
      WITH made AS (SELECT nextval(pg_get_serial_sequence('data_item', 'id')) AS id, run.id AS run_id FROM run WHERE run.id > ${run.runId}),
      item AS (
        INSERT INTO data_item (id, kind, name, content_hash, size_bytes) OVERRIDING SYSTEM VALUE
        SELECT id, 'DATA_PRODUCT', 'made', repeat('a', 64), 1 FROM made
      )
      INSERT INTO data_product (item_id, run_id, attempt, type, path) SELECT id, run_id, 1, 'SCIENCE', 'made.fits' FROM made`,
    );
    await db.query('VACUUM (ANALYZE)');
    // The oldest of all, and after statistics were made: what they say, and the usual order, is wrong of these.
    await queryRows(
      db,
      sql`UPDATE sub_group SET state = 'stale', causes = '{software}' WHERE last_completed_run_id BETWEEN ${run.runId + 1} AND ${run.runId + 5}`,
    );
    await queryRows(
      db,
      sql`UPDATE data_product SET superseded_at = now(), superseded_by_run_id = ${run.runId} WHERE run_id BETWEEN ${run.runId + 6} AND ${run.runId + 7}`,
    );
    await queryRows(
      db,
      sql`INSERT INTO open_failure SELECT sub_group_id, id FROM run WHERE id BETWEEN ${run.runId + 8} AND ${run.runId + 10}`,
    );
  });
  afterAll(() => test.close());

  /** What the statement gives, and what it read for it, explained as it runs. */
  async function explained<Row>(
    list: (manager: EntityManager) => Promise<Row[]>,
  ): Promise<{ rows: Row[]; read: PlanNode[] }> {
    const nodes: PlanNode[] = [];
    const explain = async (text: string, values: unknown[]): Promise<unknown[]> => {
      const rows = await db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }[]>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      nodes.push(...rows.flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan)));
      return [];
    };
    await list({ query: explain } as unknown as EntityManager);
    return {
      rows: await list(db),
      read: nodes.filter((node) => 'Relation Name' in node || 'Index Name' in node),
    };
  }

  it.each<[string, number, (manager: EntityManager) => Promise<unknown[]>]>([
    [
      'stale products',
      7,
      (manager) => listStaleProducts(manager, { ...EVERY_PRODUCT, before: null, limit: 100 }),
    ],
    [
      'products of what failed',
      3,
      (manager) => listFailedProducts(manager, { ...EVERY_PRODUCT, before: null, limit: 100 }),
    ],
    [
      'open failures',
      3,
      (manager) =>
        listFailures(manager, { pipeline: null, step: null, kind: null, dims: {}, before: null, limit: 100 }),
    ],
  ])('%s: a few among many are found without a look at the many', async (_what, count, list) => {
    const { rows, read } = await explained(list);
    expect(rows).toHaveLength(count);
    expect(Math.max(...read.map(rowsRead))).toBeLessThan(FEW);
  });

  it('of very many stale ones a page is read, and not all', async () => {
    await queryRows(
      db,
      sql`UPDATE sub_group SET state = 'stale', causes = '{software}' WHERE last_completed_run_id IS NOT NULL`,
    );
    await db.query('ANALYZE sub_group');
    const page = { ...EVERY_PRODUCT, before: null, limit: 20 };
    const { rows, read } = await explained((manager) => listStaleProducts(manager, page));
    const last = rows.at(-1);
    expect([rows.length, Math.max(...read.map(rowsRead)) < FEW]).toEqual([20, true]);
    const before = { runId: last?.runId ?? 0, id: last?.id ?? 0 };
    const next = await explained((manager) => listStaleProducts(manager, { ...page, before }));
    expect(next.rows[0]?.runId).toBe(before.runId - 1);
    expect(Math.max(...next.read.map(rowsRead))).toBeLessThan(FEW);
  });
});
