import { sql, type AttemptOutcome, type FailureClass, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { aRun, aStep, openTestDatabase, type BuiltStep, type TestDatabase } from '../testing/index.js';
import { failRuns } from './fail-runs.sql.js';
import { hasBreakersToJudge } from './has-breakers-to-judge.sql.js';
import { loadBreakerOutcomes } from './load-breaker-outcomes.sql.js';
import { pruneBreakerOutcomes } from './prune-breaker-outcomes.sql.js';
import { takeBreakerOutcomes } from './take-breaker-outcomes.sql.js';

describe('the outcomes that circuit breakers count', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase(4);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    step = await aStep(db);
  });

  const fail = (runId: number, fromStatus: RunStatus, failureClass: FailureClass = 'SOFTWARE') =>
    failRuns(db, {
      actor: 'tester',
      failures: [
        {
          runId,
          fromStatus,
          failureClass,
          reason: `it failed as ${failureClass}`,
          retry: { delaySeconds: 0, resources: { cpus: 1, memoryMb: 1024, walltimeMinutes: 60 } },
        },
      ],
    });
  const outcomes = (): Promise<AttemptOutcome[]> =>
    loadBreakerOutcomes(db, { scopes: [step], perScope: 100 });
  const complete = (runId: number): Promise<unknown> =>
    queryRows(
      db,
      sql`UPDATE run SET status = 'COMPLETED', finished_at = now() WHERE id = ${runId} AND status = 'COLLECTING_RESULTS'`,
    );

  it('are kept of whatever completes or fails, retried or not, newest first', async () => {
    const failing = await aRun(db, { step, status: 'RUNNING' });
    const good = await aRun(db, { step, status: 'COLLECTING_RESULTS' });
    const unstaged = await aRun(db, { step, status: 'STAGING_DATA' });
    await fail(failing.runId, 'RUNNING', 'INFRASTRUCTURE');
    await complete(good.runId);
    await fail(unstaged.runId, 'STAGING_DATA', 'SOFTWARE');
    expect(await outcomes()).toMatchObject([
      { failureClass: 'SOFTWARE', reason: 'it failed as SOFTWARE' },
      { failureClass: null, reason: '' },
      { failureClass: 'INFRASTRUCTURE', reason: 'it failed as INFRASTRUCTURE' },
    ]);
  });

  it('of a cancelled run are none', async () => {
    const { runId } = await aRun(db, { step, status: 'RUNNING', cancelRequestedAt: new Date() });
    await fail(runId, 'RUNNING');
    expect(await outcomes()).toEqual([]);
  });

  it('that are failures are each taken once, by whichever manager commits', async () => {
    await takeBreakerOutcomes(db, { limit: 1_000 });
    for (let n = 0; n < 3; n += 1) await fail((await aRun(db, { step, status: 'RUNNING' })).runId, 'RUNNING');
    expect(await hasBreakersToJudge(db)).toBe(true);
    const dies = test.dataSource.transaction(async (transaction) => {
      expect((await takeBreakerOutcomes(transaction, { limit: 10 })).taken).toBe(3);
      throw new Error('killed');
    });
    await expect(dies).rejects.toThrow('killed');
    const taken = await Promise.all([1, 2].map(() => takeBreakerOutcomes(db, { limit: 10 })));
    expect(taken.map((one) => one.taken).toSorted()).toEqual([0, 3]);
    expect(taken.flatMap((one) => one.scopes)).toEqual([
      { locationId: step.locationId, stepId: step.stepId },
    ]);
    expect(await hasBreakersToJudge(db)).toBe(false);
  });

  it('that are old are forgotten, judged ones only', async () => {
    for (let n = 0; n < 2; n += 1)
      await complete((await aRun(db, { step, status: 'COLLECTING_RESULTS' })).runId);
    await fail((await aRun(db, { step, status: 'RUNNING' })).runId, 'RUNNING');
    await queryRows(db, sql`UPDATE run_outcome SET at = at - interval '2 hours'`);
    await complete((await aRun(db, { step, status: 'COLLECTING_RESULTS' })).runId);
    await pruneBreakerOutcomes(db, { olderThanSeconds: 3600, limit: 1_000 });
    expect((await outcomes()).map(({ failureClass }) => failureClass)).toEqual([null, 'SOFTWARE']);
  });
});
