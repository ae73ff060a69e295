import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import {
  aLocation,
  aPipeline,
  aPool,
  aRun,
  aStep,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { claimRuns } from './claim-runs.sql.js';
import { lockClaims } from './lock-claims.sql.js';

describe('claimRuns, of steps in pools', () => {
  let test: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    test = await openTestDatabase(10);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());

  /** Two steps of two pipelines at two locations that share a pool. */
  const sharing = async (slots: number) => {
    const pool = await aPool(db, slots);
    const steps = [await aStep(db, { pool }), await aStep(db, { pool })] as const;
    return { pool, steps };
  };
  const claim = (steps: readonly BuiltStep[], limit = 20, owner = 'manager-1'): Promise<number[]> =>
    test.dataSource.transaction(async (transaction) => {
      await lockClaims(transaction);
      const locationIds = steps.map((step) => step.locationId);
      return claimRuns(transaction, {
        actor: owner,
        leaseOwner: owner,
        leaseSeconds: 30,
        locationIds,
        limit,
      });
    });
  const pending = async (step: BuiltStep, count: number, priority = 0): Promise<number[]> => {
    const ids: number[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await aRun(db, { step, priority })).runId);
    return ids;
  };
  const activeIn = async (pool: string): Promise<number> =>
    (
      await queryRow<{ n: number }>(
        db,
        sql`SELECT count(*)::int AS n FROM run JOIN reduction_step step ON step.id = run.step_id
            WHERE step.pool = ${pool} AND run.status NOT IN ('PENDING', 'FAILED', 'CANCELLED', 'COMPLETED', 'COMPLETED_WITH_WARNINGS')`,
      )
    )?.n ?? NaN;

  it.each(['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS'] as const)(
    'a run that is %s takes a slot, whatever pipeline and location it belongs to',
    async (status) => {
      const { steps } = await sharing(2);
      await aRun(db, { step: steps[0], status });
      const [first] = await pending(steps[1], 2);
      expect(await claim([steps[1]])).toEqual([first]);
      expect(await claim([steps[1]])).toEqual([]);
    },
  );

  it('the most urgent run of the pool goes first, whichever pipeline it belongs to', async () => {
    const { steps } = await sharing(2);
    const [old] = await pending(steps[0], 2);
    const [urgent] = await pending(steps[1], 1, 5);
    expect(await claim(steps)).toEqual([old, urgent]);
  });

  it('a slot is free again when its run has ended, and a larger pool has more at once', async () => {
    const { pool, steps } = await sharing(1);
    const { runId } = await aRun(db, { step: steps[0], status: 'COLLECTING_RESULTS' });
    const [one, two] = await pending(steps[1], 3);
    expect(await claim(steps)).toEqual([]);
    await queryRows(db, sql`UPDATE run SET status = 'COMPLETED', finished_at = now() WHERE id = ${runId}`);
    expect(await claim(steps)).toEqual([one]);
    await queryRows(db, sql`UPDATE run_pool SET slots = 2 WHERE name = ${pool}`);
    expect(await claim(steps)).toEqual([two]);
  });

  it('a retired step that is still running keeps its slot', async () => {
    const { steps } = await sharing(1);
    await aRun(db, { step: steps[0], status: 'RUNNING' });
    await queryRows(db, sql`UPDATE reduction_step SET retired_at = now() WHERE id = ${steps[0].stepId}`);
    await pending(steps[1], 1);
    expect(await claim(steps)).toEqual([]);
  });

  it('a full pool never hides the runs behind it', async () => {
    const pipeline = await aPipeline(db, { locationId: await aLocation(db) });
    const pooled = await aStep(db, { pipeline, pool: await aPool(db, 1) });
    const free = await aStep(db, { pipeline });
    const [taken] = await pending(pooled, 5, 9);
    const others = await pending(free, 2);
    expect(await claim([free], 2)).toEqual([taken]);
    expect(await claim([free], 2)).toEqual(others);
  });

  it.each([
    [
      'pool',
      sql`UPDATE run_pool SET paused_at = now(), paused_by = 'ada'`,
      sql`UPDATE run_pool SET paused_at = NULL, paused_by = NULL`,
    ],
    [
      'step',
      sql`UPDATE reduction_step SET paused_at = now(), paused_by = 'ada'`,
      sql`UPDATE reduction_step SET paused_at = NULL, paused_by = NULL`,
    ],
  ])('nothing is claimed while the %s is paused', async (_, pause, resume) => {
    const { steps } = await sharing(3);
    const ids = await pending(steps[0], 2);
    await queryRows(db, pause);
    expect(await claim(steps)).toEqual([]);
    await queryRows(db, resume);
    expect(await claim(steps)).toEqual(ids);
  });

  it('a paused step without any limit is passed by, its neighbours are not', async () => {
    const pipeline = await aPipeline(db, { locationId: await aLocation(db) });
    const [paused, free] = [await aStep(db, { pipeline }), await aStep(db, { pipeline })];
    await queryRows(
      db,
      sql`UPDATE reduction_step SET paused_at = now(), paused_by = 'ada' WHERE id = ${paused.stepId}`,
    );
    await pending(paused, 2);
    const ids = await pending(free, 1);
    expect(await claim([free])).toEqual(ids);
  });

  it('managers that claim at once never take more than the slots', async () => {
    const { pool, steps } = await sharing(4);
    await pending(steps[0], 8);
    await pending(steps[1], 8);
    const claims = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => claim(steps, 3, `manager-${n}`)));
    expect(claims.flat()).toHaveLength(4);
    expect(await activeIn(pool)).toBe(4);
  });
});
