import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import { aRun, openTestDatabase, runHistory, runRow, type TestDatabase } from '../testing/index.js';
import { failRuns, type RunFailure } from './fail-runs.sql.js';

const RESOURCES = { cpus: 3, memoryMb: 2048, walltimeMinutes: 90 };
const LATER = new Date('2100-01-01T00:00:00Z');

const failure = (runId: number, more: Partial<RunFailure> = {}): RunFailure => ({
  runId,
  fromStatus: 'RUNNING',
  failureClass: 'SOFTWARE',
  reason: 'exit code 1',
  retry: null,
  ...more,
});

describe('failRuns', () => {
  let database: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    database = await openTestDatabase();
    db = database.dataSource.manager;
  });
  afterAll(() => database.close());

  const fail = (...failures: RunFailure[]) => failRuns(db, { actor: 'tester', failures });
  const attemptRow = (runId: number) =>
    queryRow(
      db,
      sql`SELECT failure_class, reason, ended_at IS NOT NULL AS ended FROM attempt WHERE run_id = ${runId}`,
    );

  it('fails a run for good, with its attempt', async () => {
    const { runId } = await aRun(db, { status: 'RUNNING' });

    expect(await fail(failure(runId))).toBe(1);

    expect(await runRow(db, runId)).toMatchObject({
      status: 'FAILED',
      failure_class: 'SOFTWARE',
      failure_reason: 'exit code 1',
      failure_count: 1,
      finished_at: expect.any(Date),
      moved_by: 'tester',
      moved_why: 'SOFTWARE: exit code 1',
    });
    expect(await attemptRow(runId)).toEqual({
      failure_class: 'SOFTWARE',
      reason: 'exit code 1',
      ended: true,
    });
  });

  it('sends a run with a retry back to PENDING with what it asks for next', async () => {
    const { runId } = await aRun(db, {
      status: 'COLLECTING_RESULTS',
      lease: { owner: 'me', expiresAt: LATER },
      failureCount: 1,
    });

    await fail(
      failure(runId, {
        fromStatus: 'COLLECTING_RESULTS',
        failureClass: 'MEMORY',
        retry: { delaySeconds: 20, resources: RESOURCES },
      }),
    );

    expect(await runHistory(db, runId)).toEqual(['COLLECTING_RESULTS', 'FAILED', 'PENDING']);
    expect(await runRow(db, runId)).toMatchObject({
      status: 'PENDING',
      failure_class: null,
      failure_reason: null,
      failure_count: 2,
      finished_at: null,
      lease_owner: null,
      cpus: 3,
      memory_mb: 2048,
      walltime_minutes: 90,
      moved_why: 'retry 2 after MEMORY',
    });
    const wait = await queryRow(
      db,
      sql`SELECT round(extract(epoch FROM not_before - changed_at))::int AS seconds FROM run WHERE id = ${runId}`,
    );
    expect(wait).toEqual({ seconds: 20 });
  });

  it('leaves alone what has moved on, is at another attempt, or is leased to another', async () => {
    const moved = await aRun(db, { status: 'COMPLETED' });
    const later = await aRun(db, { status: 'RUNNING', attempt: 2 });
    const leased = await aRun(db, {
      status: 'COLLECTING_RESULTS',
      lease: { owner: 'other', expiresAt: LATER },
    });

    const failed = await failRuns(db, {
      actor: 'tester',
      leaseOwner: 'me',
      failures: [
        failure(moved.runId),
        failure(later.runId, { attempt: 1 }),
        failure(leased.runId, { fromStatus: 'COLLECTING_RESULTS' }),
      ],
    });

    expect(failed).toBe(0);
    const statuses = await Promise.all(
      [moved, later, leased].map(async (run) => (await runRow(db, run.runId))['status']),
    );
    expect(statuses).toEqual(['COMPLETED', 'RUNNING', 'COLLECTING_RESULTS']);
  });

  it('does not blame an attempt for a failure before the next one began', async () => {
    const { runId } = await aRun(db, { status: 'STAGING_DATA', attempt: 1 });

    await fail(failure(runId, { fromStatus: 'STAGING_DATA', failureClass: 'STAGING', reason: 'file gone' }));

    expect(await attemptRow(runId)).toEqual({ failure_class: null, reason: null, ended: false });
  });

  it('cancels instead when that was asked for, and does not retry', async () => {
    const { runId } = await aRun(db, { status: 'RUNNING', cancelRequestedAt: new Date() });

    await fail(
      failure(runId, { failureClass: 'INFRASTRUCTURE', retry: { delaySeconds: 0, resources: RESOURCES } }),
    );

    expect(await runRow(db, runId)).toMatchObject({
      status: 'CANCELLED',
      failure_class: null,
      failure_reason: null,
      failure_count: 0,
      moved_why: 'cancelled by token:test',
    });
  });

  it('stores any reason', async () => {
    const { runId } = await aRun(db, { status: 'RUNNING' });

    await fail(failure(runId, { reason: `it's "\0" ${'x'.repeat(10_000)}` }));

    expect((await runRow(db, runId))['failure_reason']).toHaveLength(4000);
  });

  it('fails each run once when two managers report it at the same time', async () => {
    const runs = [];
    for (let n = 0; n < 20; n += 1) runs.push(await aRun(db, { status: 'RUNNING' }));
    const retry = { delaySeconds: 0, resources: RESOURCES };
    const failures = runs.map(({ runId }) => failure(runId, { retry }));

    const counts = await Promise.all([fail(...failures), fail(...[...failures].reverse())]);

    expect(counts[0] + counts[1]).toBe(20);
    for (const { runId } of runs)
      expect(await runHistory(db, runId)).toEqual(['RUNNING', 'FAILED', 'PENDING']);
  });
});
