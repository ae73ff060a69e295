import { RUN_STATUSES, RUN_TRANSITIONS, sql, type RunStatus } from '@meridian/core';
import type { DataSource, EntityManager } from 'typeorm';
import { RunTallies1700000000015 } from '../migrations/1700000000015-run-tallies.js';
import { queryRow, queryRows } from '../sql.js';
import {
  aPipeline,
  aRun,
  aStep,
  copiesOfRun,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { countRuns, type RunCount } from './count-runs.sql.js';
import { foldRunTallies } from './fold-run-tallies.sql.js';

const ALL = { pipeline: null, step: null, status: null };

/** The same by looking at every run. */
const countedAnew = (db: EntityManager): Promise<RunCount[]> =>
  queryRows(
    db,
    sql`
    SELECT pipeline.name AS pipeline, step.name AS step, run.status, count(*) AS count
    FROM run JOIN reduction_step step ON step.id = run.step_id JOIN pipeline ON pipeline.id = step.pipeline_id
    GROUP BY pipeline.name, step.name, step.position, run.status ORDER BY pipeline.name, step.position, step.name, run.status`,
  );

const changesIn = async (db: EntityManager): Promise<number> =>
  (await queryRow<{ n: number }>(db, sql`SELECT count(*)::int AS n FROM run_tally_change`))?.n ?? Number.NaN;

const moved = (db: EntityManager, ids: readonly number[], to: RunStatus): Promise<unknown> =>
  queryRows(
    db,
    sql`
    UPDATE run SET status = ${to}, moved_by = 'test', failure_class = 'SOFTWARE', failure_reason = 'test',
      finished_at = CASE WHEN ${RUN_TRANSITIONS[to].length === 0 || to === 'FAILED'} THEN now() END
    WHERE id = ANY(${ids}::bigint[])`,
  );

describe('the tally of runs', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let steps: BuiltStep[];
  beforeAll(async () => {
    test = await openTestDatabase(12);
    db = test.dataSource.manager;
    const pipeline = await aPipeline(db, { name: 'survey' });
    steps = [];
    for (const [position, name] of ['flag', 'image'].entries())
      steps.push(await aStep(db, { pipeline, name, position }));
  });
  afterAll(() => test.close());

  it('follows runs that are created, moved, deleted, and changed otherwise', async () => {
    const step = steps[0];
    const { runId } = await aRun(db, { ...(step && { step }) });
    const ids = await copiesOfRun(db, runId, 9);
    await moved(db, ids.slice(0, 4), 'STAGING_DATA');
    await moved(db, ids.slice(0, 1), 'CANCELLED');
    await foldRunTallies(db);
    await queryRows(db, sql`DELETE FROM run_event WHERE run_id = ${ids[8]}`);
    await queryRows(db, sql`DELETE FROM run WHERE id = ${ids[8]}`);
    const before = await changesIn(db);
    await queryRows(db, sql`UPDATE run SET priority = 5`);

    expect(await changesIn(db)).toBe(before);
    expect(await countRuns(db, ALL)).toEqual([
      { pipeline: 'survey', step: 'flag', status: 'CANCELLED', count: 1 },
      { pipeline: 'survey', step: 'flag', status: 'PENDING', count: 5 },
      { pipeline: 'survey', step: 'flag', status: 'STAGING_DATA', count: 3 },
    ]);
  });

  it('takes a transaction that commits after the fold that began before it', async () => {
    const late = test.dataSource.createQueryRunner();
    await late.startTransaction();
    const { runId } = await aRun(late.manager, { ...(steps[1] && { step: steps[1] }) });
    await foldRunTallies(db);
    const before = await countRuns(db, { ...ALL, step: 'image' });
    await late.commitTransaction();
    await late.release();

    expect([before, await changesIn(db)]).toEqual([[], 1]);
    const one = [{ pipeline: 'survey', step: 'image', status: 'PENDING', count: 1 }];
    expect(await countRuns(db, { ...ALL, step: 'image' })).toEqual(one);
    await foldRunTallies(db);
    expect([await countRuns(db, { ...ALL, step: 'image' }), await changesIn(db)]).toEqual([one, 0]);
    await moved(db, [runId], 'CANCELLED');
  });

  it('is folded by one replica at a time, and nobody waits', async () => {
    await aRun(db);
    const folding = test.dataSource.createQueryRunner();
    await folding.startTransaction();
    try {
      const first = await foldRunTallies(folding.manager);
      const second = await foldRunTallies(db);
      expect([first > 0, second]).toEqual([true, 0]);
      expect(await countRuns(db, ALL)).toEqual(await countedAnew(db));
    } finally {
      await folding.rollbackTransaction();
      await folding.release();
    }
    expect(await countRuns(db, ALL)).toEqual(await countedAnew(db));
  });

  it('is what counting says in every snapshot, while runs are created, moved and rolled back, and folds are', async () => {
    const bases: number[] = [];
    for (const step of steps) bases.push((await aRun(db, { step })).runId);
    let working = true;
    const folds: number[] = [];
    const fold = async (): Promise<void> => {
      while (working) folds.push(await foldRunTallies(db));
    };
    let looks = 0;
    const look = async (): Promise<void> => {
      while (working) {
        const [counts, anew] = await test.dataSource.transaction('REPEATABLE READ', async (inside) => [
          await countRuns(inside, ALL),
          await countedAnew(inside),
        ]);
        expect(counts).toEqual(anew);
        looks += 1;
      }
    };
    const managers = [1, 2, 3, 4, 5, 6].map((seed) => new ManagerOfRuns(test.dataSource, bases, seed));
    const writing = Promise.all(managers.map((manager) => manager.work(40))).finally(() => {
      working = false;
    });
    await Promise.all([writing, fold(), fold(), look(), look()]);

    expect(looks).toBeGreaterThan(10);
    expect(folds.filter((folded) => folded > 0).length).toBeGreaterThan(10);
    expect(managers.map(({ rolledBack }) => rolledBack > 0 && rolledBack < 40)).toEqual(
      managers.map(() => true),
    );
    await foldRunTallies(db);
    expect([await changesIn(db), await countRuns(db, ALL)]).toEqual([0, await countedAnew(db)]);
    const below = await queryRows(db, sql`SELECT * FROM run_tally WHERE count < 0`);
    expect(below).toEqual([]);
  });

  it('begins with the runs that are there when a database is migrated, and can be taken back', async () => {
    const runner = test.dataSource.createQueryRunner();
    const migration = new RunTallies1700000000015();
    const before = await countRuns(db, ALL);
    await runner.startTransaction();
    await migration.down(runner);
    await aRun(runner.manager, { status: 'FAILED' });
    await migration.up(runner);
    const [counts, anew] = [await countRuns(runner.manager, ALL), await countedAnew(runner.manager)];
    await runner.rollbackTransaction();
    await runner.release();

    expect(counts).toEqual(anew);
    expect(counts.length).toBe(before.length + 1);
  });
});

/** Does to runs of its own, in transactions of several statements, what daemons and people do; some are rolled back. */
class ManagerOfRuns {
  rolledBack = 0;
  private readonly runs = new Map<number, RunStatus>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly bases: readonly number[],
    private seed: number,
  ) {}

  async work(transactions: number): Promise<void> {
    for (let n = 0; n < transactions; n += 1) await this.transact();
  }

  private async transact(): Promise<void> {
    const known = new Map(this.runs);
    const runner = this.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      for (let n = this.below(4); n >= 0; n -= 1) await this.change(runner.manager);
      if (this.below(4) > 0) return await runner.commitTransaction();
      await runner.rollbackTransaction();
      this.rolledBack += 1;
      this.runs.clear();
      for (const [id, status] of known) this.runs.set(id, status);
    } finally {
      await runner.release();
    }
  }

  private async change(db: EntityManager): Promise<void> {
    const status = RUN_STATUSES[this.below(RUN_STATUSES.length)] ?? 'PENDING';
    const ids = [...this.runs].filter(([, is]) => is === status).map(([id]) => id);
    const targets: readonly RunStatus[] = RUN_TRANSITIONS[status];
    const to = targets[this.below(Math.max(1, targets.length))];
    if (ids.length === 0 || to === undefined) {
      const base = this.bases[this.below(this.bases.length)] ?? 0;
      for (const id of await copiesOfRun(db, base, 1 + this.below(5))) this.runs.set(id, 'PENDING');
      return;
    }
    const some = ids.slice(0, 1 + this.below(ids.length));
    await moved(db, some, to);
    for (const id of some) this.runs.set(id, to);
  }

  /** A whole number below `bound`, the same at every run of this test. */
  private below(bound: number): number {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.seed / 2_147_483_648) * bound);
  }
}
