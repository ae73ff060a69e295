import { sql, type KillTarget } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { findGapWork } from './gap/find-gap-work.sql.js';
import {
  aLocation,
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  runRow,
  type BuiltRun,
  type BuiltStep,
  type RunOptions,
  type TestDatabase,
} from '../testing/index.js';
import { aKill, endKillsAndRuns, lookOnce } from '../testing/kill-builders.js';
import { claimRuns } from './claim-runs.sql.js';
import { countKilledRuns } from './count-killed-runs.sql.js';
import { liftKill } from './lift-kill.sql.js';
import { findKill } from './list-kills.sql.js';
import { lockClaims } from './lock-claims.sql.js';
import { stopKilledRuns } from './stop-killed-runs.sql.js';

describe('kills in the database', () => {
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
  const claim = (owner = 'manager'): Promise<number[]> =>
    test.dataSource.transaction(async (transaction) => {
      await lockClaims(transaction);
      return claimRuns(transaction, {
        actor: owner,
        leaseOwner: owner,
        leaseSeconds: 60,
        locationIds: [step.locationId],
        limit: 100,
      });
    });
  const statusOf = async (run: BuiltRun): Promise<unknown> => (await runRow(db, run.runId))['status'];

  it('a kill pauses its pipeline, cancels what waits and asks the rest to stop, and nothing else', async () => {
    const pending = await runOf();
    const running = await runOf({ status: 'RUNNING' });
    const finished = await runOf({ status: 'COMPLETED' });
    const other = await aRun(db, { status: 'RUNNING' });

    const killId = await killPipeline();

    expect(await runRow(db, pending.runId)).toMatchObject({
      status: 'CANCELLED',
      moved_by: `kill:${killId}`,
      moved_why: 'cancelled: smoke (asked for by token:eve)',
    });
    expect(await runRow(db, running.runId)).toMatchObject({
      status: 'RUNNING',
      cancel_requested_by: `kill:${killId}`,
      cancel_reason: 'smoke (asked for by token:eve)',
    });
    for (const { runId } of [finished, other])
      expect(await runRow(db, runId)).toMatchObject({ cancel_requested_at: null });
    expect(
      await queryRow(db, sql`SELECT paused_by, pause_reason FROM pipeline WHERE id = ${step.pipelineId}`),
    ).toEqual({ paused_by: 'token:eve', pause_reason: `kill ${killId}: smoke` });
    expect(await countKilledRuns(db, killId)).toEqual(new Map([[step.locationId, 1]]));
    expect(await findKill(db, killId)).toMatchObject({
      scope: 'pipeline',
      holds: true,
      runs: { CANCELLED: 1, RUNNING: 1 },
      sites: [{ clean_looks: 0, answered_at: null, alive: [] }],
    });
  });

  it('a kill of one run is cancelled in the name of the person who asked for it', async () => {
    const run = await runOf({ status: 'SUBMITTED' });
    const other = await runOf({ status: 'SUBMITTED' });

    await kill({ scope: 'run', runId: run.runId });

    expect(await runRow(db, run.runId)).toMatchObject({
      cancel_requested_by: 'token:eve',
      cancel_reason: 'smoke',
    });
    expect(await runRow(db, other.runId)).toMatchObject({ cancel_requested_at: null });
  });

  it('a run that was asked to stop before keeps that, and counts for the kill', async () => {
    const run = await runOf({ status: 'RUNNING', cancelRequestedAt: new Date() });

    const killId = await killPipeline();

    expect(await runRow(db, run.runId)).toMatchObject({ cancel_requested_by: 'token:test' });
    expect((await findKill(db, killId))?.runs).toEqual({ RUNNING: 1 });
    expect(await stopKilledRuns(db, killId)).toBe(0);
  });

  it('a pause that was there before stays in the name of who made it', async () => {
    await queryRows(
      db,
      sql`UPDATE data_location SET paused_at = now(), paused_by = 'ada' WHERE id = ${step.locationId}`,
    );
    await kill({ scope: 'location', locationId: step.locationId });
    expect(
      await queryRow(db, sql`SELECT paused_by FROM data_location WHERE id = ${step.locationId}`),
    ).toEqual({
      paused_by: 'ada',
    });
  });

  it('a pipeline is looked for wherever it ever ran, and everything at every processing location', async () => {
    const moved = await aLocation(db);
    await runOf({ status: 'COMPLETED' });
    await queryRows(
      db,
      sql`UPDATE pipeline SET processing_location_id = ${moved} WHERE id = ${step.pipelineId}`,
    );

    const killId = await killPipeline();
    const sitesOf = async (id: number): Promise<number[]> =>
      (
        await queryRows<{ id: number }>(
          db,
          sql`SELECT location_id AS id FROM kill_site WHERE kill_request_id = ${id} ORDER BY 1`,
        )
      ).map((row) => row.id);

    expect(await sitesOf(killId)).toEqual([step.locationId, moved].sort((a, b) => a - b));
    const all = await queryRows<{ id: number }>(
      db,
      sql`SELECT id FROM data_location WHERE kind = 'PROCESSING' ORDER BY id`,
    );
    expect(await sitesOf(await kill({ scope: 'everything' }))).toEqual(all.map((row) => row.id));
  });

  it('nothing in the scope of an open kill is claimed, not even when its pipeline is resumed', async () => {
    await killPipeline();
    await queryRows(
      db,
      sql`UPDATE pipeline SET paused_at = NULL, paused_by = NULL WHERE id = ${step.pipelineId}`,
    );
    const newcomer = await runOf();

    expect(await claim()).toEqual([]);
    await lookOnce(db);
    await lookOnce(db);

    expect(await statusOf(newcomer)).toBe('CANCELLED');
    const next = await runOf();
    expect(await claim()).toEqual([next.runId]);
  });

  it('a kill of everything holds all work until it is lifted, proven or not', async () => {
    const killId = await kill({ scope: 'everything' });
    await lookOnce(db);
    expect(await lookOnce(db)).toContain(true);
    const waiting = await runOf();

    expect(await claim()).toEqual([]);
    expect(await findKill(db, killId)).toMatchObject({ settledAt: expect.any(Date), holds: true });
    expect(await liftKill(db, { killId, actor: 'token:eve' })).toEqual(
      expect.objectContaining({ id: killId }),
    );

    expect(await claim()).toEqual([waiting.runId]);
    expect(await liftKill(db, { killId, actor: 'token:eve' })).toBeUndefined();
  });

  it('runs are claimed before a kill or not at all, whoever is faster, and every one of them is asked to stop', async () => {
    for (let round = 0; round < 10; round += 1) {
      step = await aStep(db);
      const runs = await Promise.all(Array.from({ length: 20 }, () => runOf()));
      const results = await Promise.all([claim('a'), claim('b'), killPipeline(), claim('c'), claim('d')]);
      const claimed = [results[0], results[1], results[3], results[4]].flat();
      for (const { runId } of runs) {
        expect(await runRow(db, runId)).toMatchObject({
          status: claimed.includes(runId) ? 'STAGING_DATA' : 'CANCELLED',
          cancel_requested_at: expect.any(Date),
        });
      }
      expect(await claim('late')).toEqual([]);
    }
  });

  it('has the sub-groups judged again when it begins to hold and when it ends', async () => {
    const rules = async (): Promise<string | undefined> =>
      (await findGapWork(db, { now: new Date(), pipelineId: step.pipelineId }))[0]?.judgementHash;
    const before = await rules();
    const killId = await kill({ scope: 'everything' });
    const held = await rules();
    await liftKill(db, { killId, actor: 'token:eve' });

    expect([before === undefined, held === before, await rules()]).toEqual([false, false, before]);
  });

  it('pipelines share a location and do not share a kill', async () => {
    const neighbour = await aStep(db, { pipeline: await aPipeline(db, { locationId: step.locationId }) });
    await killPipeline();
    const run = await aRun(db, { step: neighbour });

    expect(await claim()).toEqual([run.runId]);
  });
});
