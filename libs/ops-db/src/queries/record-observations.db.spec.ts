import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import {
  aLocation,
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  runRow,
  type TestDatabase,
} from '../testing/index.js';
import { claimLocationsToObserve } from './claim-locations-to-observe.sql.js';
import { listObservableRuns } from './list-observable-runs.sql.js';
import { noteWaitingReasons } from './note-waiting-reasons.sql.js';
import { recordObservations, type RunObservation } from './record-observations.sql.js';

const ENDED: Omit<RunObservation, 'runId'> = {
  attempt: 1,
  seen: 'ended',
  endState: 'TIMEOUT',
  exitCode: 143,
  usage: { cpuSeconds: 5, peakMemoryMb: 100, elapsedSeconds: 60 },
  reason: 'TimeLimit',
  startedAt: new Date('2026-01-01T00:00:00Z'),
  why: 'the job ended as TIMEOUT',
};
const RUNNING: Omit<RunObservation, 'runId'> = {
  ...ENDED,
  seen: 'running',
  endState: null,
  exitCode: null,
  usage: {},
  reason: null,
  why: 'the job runs',
};

describe('observing', () => {
  let database: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    database = await openTestDatabase();
    db = database.dataSource.manager;
  });
  afterAll(() => database.close());

  const record = (...observations: RunObservation[]) =>
    recordObservations(db, { actor: 'tester', observations });

  it('moves runs to where their jobs are, and keeps what the site measured', async () => {
    const started = await aRun(db, { status: 'SUBMITTED' });
    const ended = await aRun(db, { status: 'RUNNING' });
    const short = await aRun(db, { status: 'SUBMITTED' });

    expect(
      await record(
        { ...RUNNING, runId: started.runId },
        { ...ENDED, runId: ended.runId },
        { ...ENDED, runId: short.runId },
      ),
    ).toBe(3);

    expect(await runRow(db, started.runId)).toMatchObject({
      status: 'RUNNING',
      moved_by: 'tester',
      moved_why: 'the job runs',
    });
    expect(await runRow(db, ended.runId)).toMatchObject({ status: 'COLLECTING_RESULTS', finished_at: null });
    expect(await runRow(db, short.runId)).toMatchObject({ status: 'COLLECTING_RESULTS' });
    const attempt = await queryRow(
      db,
      sql`SELECT end_state, exit_code, reason, cpu_seconds, peak_memory_mb, elapsed_seconds, started_at, ended_at IS NOT NULL AS ended
          FROM attempt WHERE run_id = ${ended.runId}`,
    );
    expect(attempt).toEqual({
      end_state: 'TIMEOUT',
      exit_code: 143,
      reason: 'TimeLimit',
      cpu_seconds: 5,
      peak_memory_mb: 100,
      elapsed_seconds: 60,
      started_at: ENDED.startedAt,
      ended: true,
    });
  });

  it('records the same thing once', async () => {
    const { runId } = await aRun(db, { status: 'SUBMITTED' });

    expect(await Promise.all([record({ ...RUNNING, runId }), record({ ...RUNNING, runId })])).toEqual(
      expect.arrayContaining([0, 1]),
    );
    expect(await record({ ...RUNNING, runId, attempt: 2 }, { ...ENDED, runId: -1 })).toBe(0);
  });

  it('cancels a run that ended after it was asked to, naming who asked', async () => {
    const { runId } = await aRun(db, { status: 'RUNNING', cancelRequestedAt: new Date() });

    await record({ ...ENDED, runId });

    expect(await runRow(db, runId)).toMatchObject({
      status: 'CANCELLED',
      finished_at: expect.any(Date),
      moved_why: 'cancelled by token:test',
    });
  });

  it('says of a cancelled run what proves its end when the site does not', async () => {
    const { runId } = await aRun(db, { status: 'RUNNING', cancelRequestedAt: new Date() });

    await record({ ...ENDED, runId, endState: null, why: 'nothing of it is alive' });

    expect(await runRow(db, runId)).toMatchObject({
      status: 'CANCELLED',
      moved_why: 'cancelled by token:test; nothing of it is alive',
    });
  });

  it('leaves a site alone while it has nothing but jobs that were submitted just now, and says until when', async () => {
    await queryRow(db, sql`UPDATE data_location SET observed_at = now() RETURNING id`);
    const locationId = await aLocation(db);
    const step = await aStep(db, { pipeline: await aPipeline(db, { locationId }) });
    const { runId } = await aRun(db, { step, status: 'SUBMITTED', jobId: '18', directory: 'p/g/s/2.1' });
    const claim = { intervalMs: 3_600_000, firstLookMs: 30_000 };

    const early = await claimLocationsToObserve(db, claim);
    expect(early.due).toEqual([]);
    expect(early.nextInMs).toBeGreaterThan(20_000);
    expect(early.nextInMs).toBeLessThanOrEqual(30_000);

    await queryRow(
      db,
      sql`UPDATE run SET changed_at = now() - interval '31 seconds' WHERE id = ${runId} RETURNING id`,
    );
    expect((await claimLocationsToObserve(db, claim)).due).toMatchObject([{ id: locationId }]);
    expect((await claimLocationsToObserve(db, claim)).due).toEqual([]);
  });

  it('lets one of several replicas ask a site per interval', async () => {
    await queryRow(db, sql`UPDATE data_location SET observed_at = now() RETURNING id`);
    const backendConfig = { cpus: 2 };
    const locationId = await aLocation(db, { name: 'here', basePath: '/base', backendConfig });
    const idle = await aLocation(db);
    const step = await aStep(db, { pipeline: await aPipeline(db, { locationId }) });
    const run = await aRun(db, { step, status: 'SUBMITTED', jobId: '17', directory: 'p/g/s/1.1' });
    await aRun(db, { step, status: 'PENDING' });

    const claims = await Promise.all(
      [1, 2, 3, 4].map(() => claimLocationsToObserve(db, { intervalMs: 60_000, firstLookMs: 0 })),
    );

    const asked = claims.flatMap(({ due }) => due);
    expect(asked).toEqual([
      { id: locationId, name: 'here', basePath: '/base', backend: 'fake', backendConfig },
    ]);
    expect(asked.map((location) => location.id)).not.toContain(idle);
    for (const { nextInMs } of claims) expect(nextInMs).toBeGreaterThan(50_000);
    const { due } = await claimLocationsToObserve(db, { intervalMs: 0, firstLookMs: 0 });
    expect(due).toContainEqual(expect.objectContaining({ id: locationId }));
    expect(await listObservableRuns(db, { locationId })).toEqual([
      {
        runId: run.runId,
        attempt: 1,
        status: 'SUBMITTED',
        jobId: '17',
        directory: 'p/g/s/1.1',
        waitingReason: null,
        isCancelRequested: false,
      },
    ]);
  });

  it('notes what a run waits for, once', async () => {
    const { runId } = await aRun(db, { status: 'SUBMITTED' });

    expect(await noteWaitingReasons(db, [{ runId, reason: 'queued' }])).toBe(1);
    expect(await noteWaitingReasons(db, [{ runId, reason: 'queued' }])).toBe(0);
    expect(await runRow(db, runId)).toMatchObject({ status: 'SUBMITTED', waiting_reason: 'queued' });
  });
});
