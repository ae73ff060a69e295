import { sql, type KillTarget } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import {
  aRun,
  aStep,
  openTestDatabase,
  type BuiltRun,
  type BuiltStep,
  type RunOptions,
  type TestDatabase,
} from '../testing/index.js';
import { aKill, answerKillLook, endKillsAndRuns, lookOnce } from '../testing/kill-builders.js';
import { claimKillLooks, type KillLookClaim } from './claim-kill-looks.sql.js';
import { liftKill } from './lift-kill.sql.js';
import { findKill } from './list-kills.sql.js';
import { stopKilledRuns } from './stop-killed-runs.sql.js';

describe('the looks of a kill', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase(10);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    step = await aStep(db);
  });
  afterEach(() => endKillsAndRuns(db));

  const kill = (target: KillTarget): Promise<number> => aKill(test.dataSource, target);
  const killPipeline = (): Promise<number> => kill({ scope: 'pipeline', pipelineId: step.pipelineId });
  const runOf = (options: RunOptions = {}): Promise<BuiltRun> => aRun(db, { step, ...options });
  const looks = (): Promise<KillLookClaim[]> => claimKillLooks(db, { leaseSeconds: 60 });
  const finish = (runId: number): Promise<unknown> =>
    queryRows(
      db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), moved_by = 'test', moved_why = '' WHERE id = ${runId}`,
    );

  it('of two managers one makes a look, and an answer to an older look is not taken', async () => {
    const killId = await killPipeline();
    const claimed = (await Promise.all([looks(), looks(), looks()])).flat();
    expect(claimed).toEqual([
      expect.objectContaining({
        killId,
        target: { scope: 'pipeline', pipelineId: step.pipelineId },
        look: 1,
      }),
    ]);
    expect(await looks()).toEqual([]);

    // The lease of the first one is over: a second manager looks, and then the first one wakes up.
    await queryRows(db, sql`UPDATE kill_site SET next_look_at = now() WHERE kill_request_id = ${killId}`);
    const [second] = await looks();
    const alive = [
      { job_id: '9', token: 'mrd-x-1-1', run_id: 1, pipeline: null, state: 'running' as const, since: null },
    ];
    await answerKillLook(db, second as KillLookClaim, { alive });
    await answerKillLook(db, claimed[0] as KillLookClaim);

    expect((await findKill(db, killId))?.sites).toMatchObject([{ alive_count: 1, alive, clean_looks: 0 }]);
  });

  it('is settled by two clean looks in a row at every site, and by nothing less', async () => {
    const run = await runOf({ status: 'RUNNING' });
    const killId = await killPipeline();
    await lookOnce(db, { runsWithJob: 1 });
    await finish(run.runId);

    expect(await lookOnce(db)).toEqual([false]);
    expect(await lookOnce(db, { silence: 'connection refused' })).toEqual([false]);
    expect((await findKill(db, killId))?.sites).toMatchObject([
      { clean_looks: 0, silence: 'connection refused' },
    ]);
    expect(await lookOnce(db)).toEqual([false]);
    expect(await lookOnce(db)).toEqual([true]);

    expect(await findKill(db, killId)).toMatchObject({
      settledAt: expect.any(Date),
      holds: false,
      runs: { CANCELLED: 1 },
      sites: [{ silence: null, clean_looks: 2 }],
    });
    expect(await looks()).toEqual([]);
  });

  it('waits for a run that has not ended although the sites have nothing, but not for results that are being collected', async () => {
    const run = await runOf({ status: 'SUBMITTED' });
    await killPipeline();
    for (let n = 0; n < 3; n += 1) expect(await lookOnce(db)).toEqual([false]);
    await queryRows(
      db,
      sql`UPDATE run SET status = 'COLLECTING_RESULTS', moved_by = 'test', moved_why = '' WHERE id = ${run.runId}`,
    );
    expect(await lookOnce(db)).toEqual([true]);
  });

  it('is settled once when the looks at its sites end at the same moment', async () => {
    const killId = await kill({ scope: 'everything' });
    await lookOnce(db);
    const claimed = await looks();
    expect(claimed.length).toBeGreaterThan(1);

    const settled = await Promise.all(claimed.map((one) => answerKillLook(db, one)));

    expect(settled.filter(Boolean)).toEqual([true]);
    expect((await findKill(db, killId))?.settledAt).toEqual(expect.any(Date));
  });

  it('given up before its proof it is not settled, and its looks end', async () => {
    const killId = await killPipeline();
    const claimed = await looks();
    await liftKill(db, { killId, actor: 'token:ada' });

    expect(await Promise.all(claimed.map((one) => answerKillLook(db, one)))).toEqual([false]);

    expect(await findKill(db, killId)).toMatchObject({
      settledAt: null,
      liftedBy: 'token:ada',
      holds: false,
    });
    expect(await stopKilledRuns(db, killId)).toBe(0);
  });
});
