import { sql, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import {
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { listRuns, type RunsQuery } from './list-runs.sql.js';

/** Enough that a look at everything shows. The bench `runs` looks at ten million. */
const RUNS = 30_000;
const LIMIT = 20;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const rowsRead = (node: PlanNode): number =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];

describe('listRuns, by its plans', () => {
  let test: TestDatabase;
  let db: EntityManager;
  const large: BuiltStep[] = [];
  let odd: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    const survey = await aPipeline(db, { name: 'survey' });
    for (const name of ['flag', 'image', 'mosaic']) large.push(await aStep(db, { pipeline: survey, name }));
    odd = await aStep(db, { pipeline: await aPipeline(db, { name: 'odd' }), name: 'image' });
    // Nearly every run completed, but none of the oldest, which are of a step of their own: what statistics say is wrong of those.
    await runsOf([odd], 'FAILED', RUNS / 10);
    await runsOf(large, 'COMPLETED', RUNS);
    await runsOf(large.slice(1, 2), 'FAILED', 5);
    await db.query('VACUUM (ANALYZE)');
    // What came after is not all visible, and statistics do not know of it.
    await runsOf(large, 'COMPLETED', RUNS / 20);
    await runsOf(large, 'COMPLETED_WITH_WARNINGS', 3);
  });
  afterAll(() => test.close());

  /** `count` runs that ended so, the steps by turns, all of one sub-group each. */
  async function runsOf(steps: readonly BuiltStep[], status: RunStatus, count: number): Promise<void> {
    for (const step of steps) {
      const { runId } = await aRun(db, { step, status });
      await queryRows(
        db,
        sql`
        INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint, dims,
                         recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at,
                         failure_class, failure_reason)
        SELECT pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, input_fingerprint, dims,
               recipe_hash, software_hash, config_hash, config, cpus, memory_mb, walltime_minutes, status, finished_at,
               failure_class, failure_reason
        FROM run, generate_series(2, ${Math.ceil(count / steps.length)}::int) WHERE run.id = ${runId}`,
      );
    }
  }

  const everything: RunsQuery = {
    pipeline: null,
    step: null,
    status: null,
    subGroupId: null,
    dims: {},
    before: null,
    limit: LIMIT,
  };

  /** The statement that is run, explained as it runs. */
  async function planOf(query: RunsQuery): Promise<PlanNode[]> {
    const nodes: PlanNode[] = [];
    const explain = async (text: string, values: unknown[]): Promise<unknown[]> => {
      const rows = await db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }[]>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      nodes.push(...rows.flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan)));
      return [];
    };
    await listRuns({ query: explain } as unknown as EntityManager, query);
    return nodes.filter((node) => 'Index Name' in node || node['Relation Name'] === 'run');
  }

  /** What a list should hold, by looking at every run. */
  async function bySorting({ pipeline, step, status, before, limit }: RunsQuery): Promise<number[]> {
    const rows = await queryRows<{ id: number }>(
      db,
      sql`
      SELECT run.id FROM run JOIN reduction_step step ON step.id = run.step_id JOIN pipeline ON pipeline.id = run.pipeline_id
      WHERE (${pipeline}::text IS NULL OR pipeline.name = ${pipeline}) AND (${step}::text IS NULL OR step.name = ${step})
        AND (${status}::text IS NULL OR run.status = ${status}) AND (${before}::bigint IS NULL OR run.id < ${before})
      ORDER BY run.id DESC LIMIT ${limit}`,
    );
    return rows.map(({ id }) => id);
  }

  const MIDDLE = RUNS / 2;
  it.each<[string, string, Partial<RunsQuery>]>([
    ['everything', 'run_pkey', {}],
    ['a pipeline', 'run_by_pipeline', { pipeline: 'survey' }],
    ['a small pipeline', 'run_by_pipeline', { pipeline: 'odd' }],
    ['a pipeline that is not there', 'run_by_pipeline', { pipeline: 'none' }],
    ['a step', 'run_by_step', { pipeline: 'survey', step: 'image' }],
    ['steps of a name', 'run_by_step', { step: 'image' }],
    ['a step that is not there', 'run_by_step', { step: 'none' }],
    ['the usual status', 'run_by_status', { status: 'COMPLETED' }],
    ['a rare status', 'run_by_status', { status: 'COMPLETED_WITH_WARNINGS' }],
    ['a status that no run is in', 'run_by_status', { status: 'CANCELLED' }],
    ['a status of a pipeline', 'run_by_step_and_status', { pipeline: 'survey', status: 'COMPLETED' }],
    ['a rare status of a pipeline', 'run_by_step_and_status', { pipeline: 'survey', status: 'FAILED' }],
    [
      'a status that few runs of a step are in',
      'run_by_step_and_status',
      { step: 'image', status: 'FAILED' },
    ],
    [
      'the usual status, that no run of a step is in',
      'run_by_step_and_status',
      { pipeline: 'odd', step: 'image', status: 'COMPLETED' },
    ],
    [
      'the usual status, that no run of a pipeline is in',
      'run_by_step_and_status',
      { pipeline: 'odd', status: 'COMPLETED' },
    ],
  ])('of %s reads a page, from %s, wherever it begins', async (_, index, filter) => {
    for (const before of [null, MIDDLE, 2]) {
      const query = { ...everything, ...filter, before };
      const nodes = await planOf(query);

      // Never a look at the table, and besides the page's own runs only what one index says of each step.
      expect(nodes.filter((node) => node['Node Type'].includes('Seq Scan'))).toEqual([]);
      const scopes = large.length + 1;
      const read = nodes.filter((node) => node['Index Name'] === index).map(rowsRead);
      expect(read.length).toBeGreaterThan(0);
      expect(Math.max(...nodes.map(rowsRead))).toBeLessThanOrEqual(scopes * LIMIT);
      expect((await listRuns(db, query)).map(({ id }) => id)).toEqual(await bySorting(query));
    }
  });

  it('of a sub-group reads its runs', async () => {
    const { subGroupId } = await aRun(db, { step: odd, status: 'COMPLETED' });
    const query = { ...everything, subGroupId, pipeline: 'odd', step: 'image', status: 'COMPLETED' } as const;
    const nodes = await planOf(query);
    expect(nodes.map((node) => node['Index Name'])).toContain('run_by_sub_group');
    expect(Math.max(...nodes.map(rowsRead))).toBeLessThanOrEqual(LIMIT);
    expect((await listRuns(db, query)).map((run) => run.subGroupId)).toEqual([subGroupId]);
    expect(await listRuns(db, { ...query, step: 'mosaic' })).toEqual([]);
  });

  it('is not left to the planner, who would look at every run', async () => {
    const [row] = await db.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
      `EXPLAIN (ANALYZE, FORMAT JSON)
       SELECT id, dims FROM run WHERE step_id = $1 AND status = 'COMPLETED' ORDER BY id DESC LIMIT ${LIMIT}`,
      [odd.stepId],
    );
    const reads = nodesOf(row['QUERY PLAN'][0].Plan).map(rowsRead);
    expect(Math.max(...reads)).toBeGreaterThan(RUNS);
  });
});
