import { sql } from '@meridian/core';
import type { EntityManager, QueryRunner } from 'typeorm';
import { evaluatePipeline } from '../../gap/evaluate-pipeline.js';
import { queryRow, queryRows } from '../../sql.js';
import {
  aPipeline,
  aStep,
  explainStatements,
  longReads,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../../testing/index.js';
import { databaseTime } from '../database-time.sql.js';
import { listGaps } from '../list-gaps.sql.js';

/** Enough that a look at everything shows. The bench `gaps --only plans` looks at a million. */
const FILES = 20_000;
const NEW = 100;
const FILES_PER_UNIT = 4;
const MOST_ROWS = 5 * NEW;
const LARGE = new Set([
  'data_item',
  'sub_group',
  'run',
  'input_set_member',
  'grouping_close',
  'data_item_change',
]);

describe('evaluatePipeline, by its plans', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  let longRunning: QueryRunner;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
    const pipeline = await aPipeline(db, { trigger: 'MANUAL' });
    step = await aStep(db, { pipeline, groupBy: ['unit'], settleSeconds: 3600 });
    await close(0, FILES / FILES_PER_UNIT);
    // A transaction that has been open all along: every change since it began may still be new, for all that the planner knows.
    longRunning = test.dataSource.createQueryRunner();
    await longRunning.startTransaction();
    await longRunning.query('SELECT pg_current_xact_id()');
    await register(0, FILES);
    await evaluate();
    await db.query('VACUUM (ANALYZE)');
  });
  afterAll(async () => {
    await longRunning.rollbackTransaction();
    await longRunning.release();
    await test.close();
  });

  const register = (from: number, count: number): Promise<unknown> =>
    queryRows(
      db,
      sql`
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('unit', n / ${FILES_PER_UNIT}::int, 'file', n), encode(sha256(n::text::bytea), 'hex'), 1
      FROM generate_series(${from}::int, ${from + count - 1}::int) n`,
    );

  /** Nothing more will come for so many units, one by one. */
  const close = (from: number, count: number): Promise<unknown> =>
    queryRows(
      db,
      sql`
      INSERT INTO grouping_close (data_grouping_id, selection, closed_by)
      SELECT ${step.groupingId}, jsonb_build_object('unit', unit), 'ada' FROM generate_series(${from}::int, ${from + count - 1}::int) unit`,
    );

  /** What a tick reads that is long. */
  const evaluate = async (): Promise<string[]> => {
    const { pipelineId } = step;
    const statements = await explainStatements(db, async (manager) => {
      await evaluatePipeline(manager, { pipelineId, now: await databaseTime(manager), firing: null });
    });
    return longReads(statements, { tables: LARGE, mostRows: MOST_ROWS });
  };

  const subGroups = () =>
    queryRow(
      db,
      sql`SELECT count(*)::int AS count, sum(member_count)::int AS members FROM sub_group WHERE step_id = ${step.stepId}`,
    );

  it('reads for a few new files no more than they touch', async () => {
    await register(FILES, NEW);
    expect(await evaluate()).toEqual([]);
    expect(await subGroups()).toEqual({ count: (FILES + NEW) / FILES_PER_UNIT, members: FILES + NEW });
  });

  it('reads next to nothing when nothing is new', async () => {
    await evaluate();
    expect(await evaluate()).toEqual([]);
  });

  it('reads for a few closes no more than they concern', async () => {
    await close(0, NEW);
    expect(await evaluate()).toEqual([]);
    const settled = await queryRow(
      db,
      sql`SELECT count(*)::int AS count FROM sub_group WHERE step_id = ${step.stepId} AND state = 'missing'`,
    );
    expect(settled).toEqual({ count: NEW });
  });

  it('reads a page of what is missing from where it begins, however much is current before it', async () => {
    await queryRows(
      db,
      sql`UPDATE sub_group SET state = 'current', until = NULL WHERE id IN (SELECT id FROM sub_group ORDER BY id LIMIT ${FILES / FILES_PER_UNIT - NEW})`,
    );
    await db.query('VACUUM (ANALYZE) sub_group');
    const query = { pipeline: null, step: null, state: null, dims: {}, after: null, limit: 50 };
    const statements = await explainStatements(db, async (manager) => {
      expect(await listGaps(manager, query)).toHaveLength(50);
    });
    expect(longReads(statements, { tables: LARGE, mostRows: MOST_ROWS })).toEqual([]);
  });

  it('reads the archive when a step is evaluated from scratch', async () => {
    await queryRows(db, sql`DELETE FROM step_evaluation`);
    expect(await evaluate()).toContainEqual(expect.stringMatching(/^data_item \(/));
  });
});
