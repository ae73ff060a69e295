import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { evaluatePipeline } from '../../gap/evaluate-pipeline.js';
import { queryRow, queryRows } from '../../sql.js';
import { aStep, openTestDatabase, type BuiltStep, type TestDatabase } from '../../testing/index.js';
import { databaseTime } from '../database-time.sql.js';
import { findGapWork } from './find-gap-work.sql.js';
import { loadEvaluableSteps } from './load-evaluable-steps.sql.js';

/** Enough that no plan reads a whole table because it is small. The bench `gaps --only plans` looks at a million. */
const FILES = 20_000;
const FILES_PER_UNIT = 10;
const LARGE = new Set(['data_item', 'sub_group', 'run', 'input_set_member']);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function wholeReads(node: PlanNode): string[] {
  const relation = node['Relation Name'] ?? '';
  const own = node['Node Type'] === 'Seq Scan' && LARGE.has(relation) ? [relation] : [];
  return [...own, ...(node.Plans ?? []).flatMap(wholeReads)];
}

describe('evaluatePipeline, by its plans', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    step = await aStep(db, { groupBy: ['unit'] });
    await register(0, FILES);
    await evaluate();
    await db.query('VACUUM (ANALYZE)');
  });
  afterAll(() => test.close());

  const register = (from: number, count: number): Promise<unknown> =>
    queryRows(
      db,
      sql`
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('unit', n / ${FILES_PER_UNIT}::int, 'file', n), encode(sha256(n::text::bytea), 'hex'), 1
      FROM generate_series(${from}::int, ${from + count - 1}::int) n`,
    );

  /** Tables that a tick reads from end to end, by the plan of each of its statements as it comes to it. */
  const evaluate = (): Promise<string[]> =>
    db.transaction(async (inside) => {
      const ask = inside.query.bind(inside);
      const reads: string[] = [];
      const query = async (text: string, values: unknown[]): Promise<unknown> => {
        const [row] = await ask<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
          `EXPLAIN (FORMAT JSON) ${text}`,
          values,
        );
        reads.push(...wholeReads(row['QUERY PLAN'][0].Plan));
        return ask(text, values);
      };
      const manager = { query } as unknown as EntityManager;
      const now = await databaseTime(manager);
      const { pipelineId } = step;
      const work = await findGapWork(manager, { now, pipelineId });
      await evaluatePipeline(manager, {
        steps: await loadEvaluableSteps(manager, pipelineId),
        work: new Map(work.map((one) => [one.stepId, one])),
        now,
        firing: { actor: 'test', limit: 100 },
      });
      return reads;
    });

  const subGroups = () =>
    queryRow(
      db,
      sql`SELECT count(*)::int AS count, sum(member_count)::int AS members FROM sub_group WHERE step_id = ${step.stepId}`,
    );

  it('reads nothing as a whole for a few new files', async () => {
    await register(FILES, 100);
    expect(await evaluate()).toEqual([]);
    expect(await subGroups()).toEqual({ count: FILES / FILES_PER_UNIT + 10, members: FILES + 100 });
  });

  it('reads nothing as a whole when nothing is new', async () => {
    await evaluate();
    expect(await evaluate()).toEqual([]);
  });

  it('reads the archive when a step is evaluated from scratch', async () => {
    await queryRows(db, sql`DELETE FROM step_evaluation`);
    expect(await evaluate()).toContain('data_item');
  });
});
