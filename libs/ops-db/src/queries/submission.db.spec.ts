import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import { aRun, aStep, openTestDatabase, runRow, type BuiltRun, type TestDatabase } from '../testing/index.js';
import { claimUnreconciledAttempts } from './claim-unreconciled-attempts.sql.js';
import { recordIntent } from './record-intent.sql.js';
import { recordResubmission } from './record-resubmission.sql.js';
import { recordSubmissions } from './record-submissions.sql.js';
import { releaseRuns } from './release-runs.sql.js';
import { renewLeases } from './renew-leases.sql.js';
import { rescueExpiredLeases } from './rescue-expired-leases.sql.js';

const ME = 'manager-1';
const OTHER = 'manager-2';
const live = (owner: string): { owner: string; expiresAt: Date } => ({
  owner,
  expiresAt: new Date(Date.now() + 60_000),
});
const expired = (owner: string): { owner: string; expiresAt: Date } => ({
  owner,
  expiresAt: new Date(Date.now() - 1_000),
});

describe('statements of the workflow-manager', () => {
  let test: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());

  const staged = ({ runId }: BuiltRun, attempt = 1) => ({
    runId,
    attempt,
    token: `mrd-${runId}-${attempt}`,
    directory: `p/g/s/${runId}.${attempt}`,
  });
  const intend = (runs: readonly BuiltRun[], owner = ME): Promise<number[]> =>
    recordIntent(db, {
      actor: owner,
      leaseOwner: owner,
      leaseSeconds: 30,
      attempts: runs.map((run) => staged(run)),
    });
  const attemptRow = (runId: number, number = 1): Promise<Record<string, unknown> | undefined> =>
    queryRow(db, sql`SELECT * FROM attempt WHERE run_id = ${runId} AND number = ${number}`);
  const race = async <Result>(...calls: readonly (() => Promise<Result>)[]): Promise<Result[]> =>
    Promise.all(calls.map((call) => call()));

  describe('recordIntent', () => {
    it('moves the runs and makes their attempts, in one statement', async () => {
      const runs = [
        await aRun(db, { status: 'STAGING_DATA', lease: live(ME) }),
        await aRun(db, { status: 'STAGING_DATA', lease: live(ME) }),
      ];
      expect(await intend(runs)).toEqual(runs.map((run) => run.runId));
      for (const { runId } of runs) {
        expect(await runRow(db, runId)).toMatchObject({ status: 'SUBMITTING', attempt: 1, lease_owner: ME });
        expect(await attemptRow(runId)).toMatchObject({
          token: `mrd-${runId}-1`,
          job_id: null,
          directory: `p/g/s/${runId}.1`,
          cpus: 1,
        });
      }
    });

    it('refuses runs that another manager holds, that were rescued, or that are to be cancelled', async () => {
      const taken = await aRun(db, { status: 'STAGING_DATA', lease: live(OTHER) });
      const rescued = await aRun(db, { status: 'PENDING' });
      const unwanted = await aRun(db, {
        status: 'STAGING_DATA',
        lease: live(ME),
        cancelRequestedAt: new Date(),
      });
      expect(await intend([taken, rescued, unwanted])).toEqual([]);
      expect(await attemptRow(unwanted.runId)).toBeUndefined();
    });

    it('lets exactly one of two managers submit that both think a run is theirs', async () => {
      const run = await aRun(db, { status: 'STAGING_DATA', lease: live(ME) });
      const answers = await race(
        () => intend([run]),
        () => intend([run]),
        () => intend([run], OTHER),
      );
      expect(answers.flat()).toEqual([run.runId]);
    });

    it('refuses an attempt that is not the next one', async () => {
      const run = await aRun(db, { status: 'STAGING_DATA', lease: live(ME), attempt: 1 });
      expect(await intend([run])).toEqual([]);
      const next = recordIntent(db, {
        actor: ME,
        leaseOwner: ME,
        leaseSeconds: 30,
        attempts: [staged(run, 2)],
      });
      expect(await next).toEqual([run.runId]);
    });
  });

  describe('recordSubmissions', () => {
    it('records the job and releases the lease; the first job id stays', async () => {
      const { runId } = await aRun(db, { status: 'SUBMITTING', lease: live(ME) });
      const record = (jobId: string): Promise<number[]> =>
        recordSubmissions(db, { actor: ME, why: 'submitted', submissions: [{ runId, attempt: 1, jobId }] });
      expect(await record('17')).toEqual([runId]);
      expect(await record('18')).toEqual([]);
      expect(await runRow(db, runId)).toMatchObject({
        status: 'SUBMITTED',
        lease_owner: null,
        moved_why: 'submitted as job 17',
      });
      expect(await attemptRow(runId)).toMatchObject({ job_id: '17', submitted_at: expect.any(Date) });
    });

    it('leaves a run alone that is at another attempt by now', async () => {
      const { runId } = await aRun(db, { status: 'SUBMITTING', attempt: 2, lease: live(ME) });
      expect(
        await recordSubmissions(db, {
          actor: ME,
          why: 'submitted',
          submissions: [{ runId, attempt: 1, jobId: '17' }],
        }),
      ).toEqual([]);
    });
  });

  describe('leases', () => {
    it('are renewed only for runs that the owner still holds', async () => {
      const mine = await aRun(db, { status: 'STAGING_DATA', lease: expired(ME) });
      const theirs = await aRun(db, { status: 'STAGING_DATA', lease: live(OTHER) });
      const done = await aRun(db, { status: 'SUBMITTED' });
      const runIds = [mine, theirs, done].map((run) => run.runId);
      expect(await renewLeases(db, { leaseOwner: ME, leaseSeconds: 30, runIds })).toEqual([mine.runId]);
      expect(await rescueExpiredLeases(db, { actor: OTHER, limit: 10 })).toBe(0);
    });

    it('that expired during staging send the run back, which says whose lease it was', async () => {
      const { runId } = await aRun(db, { status: 'STAGING_DATA', lease: expired(OTHER) });
      const rescues = await race(
        () => rescueExpiredLeases(db, { actor: ME, limit: 10 }),
        () => rescueExpiredLeases(db, { actor: ME, limit: 10 }),
      );
      expect(rescues.reduce((sum, n) => sum + n, 0)).toBe(1);
      expect(await runRow(db, runId)).toMatchObject({ status: 'PENDING', lease_owner: null, attempt: 0 });
      expect((await runRow(db, runId))['moved_why']).toMatch(
        /^the lease of manager-2 expired at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
      );
    });

    it('are given up with a reason by runs that must wait', async () => {
      const { runId } = await aRun(db, { status: 'STAGING_DATA', lease: live(ME) });
      const release = (leaseOwner: string): Promise<number[]> =>
        releaseRuns(db, {
          actor: ME,
          leaseOwner,
          releases: [{ runId, reason: 'the disk is full', delaySeconds: 60 }],
        });
      expect(await release(OTHER)).toEqual([]);
      expect(await release(ME)).toEqual([runId]);
      const row = await runRow(db, runId);
      expect(row).toMatchObject({ status: 'PENDING', waiting_reason: 'the disk is full', failure_count: 0 });
      expect((row['not_before'] as Date).getTime()).toBeGreaterThan(Date.now() + 50_000);
    });
  });

  describe('claimUnreconciledAttempts', () => {
    it('gives each orphan to one manager, and none that is being worked on', async () => {
      const step = await aStep(db);
      const orphans = [];
      for (let n = 0; n < 10; n += 1)
        orphans.push(
          (
            await aRun(db, {
              step,
              status: 'SUBMITTING',
              lease: expired(OTHER),
              intendedAt: new Date(Date.now() - 90_000),
            })
          ).runId,
        );
      await aRun(db, { step, status: 'SUBMITTING', lease: live(OTHER) });
      const claim = (leaseOwner: string) => () =>
        claimUnreconciledAttempts(db, {
          leaseOwner,
          leaseSeconds: 30,
          locationIds: [step.locationId],
          limit: 6,
        });
      const claimed = (await race(claim('a'), claim('b'), claim('c'))).flat();
      expect(claimed.map((attempt) => attempt.runId).sort((a, b) => a - b)).toEqual(orphans);
      expect(Math.round((claimed[0]?.ageSeconds ?? 0) / 10)).toBe(9);
    });

    it('lets only the manager with the lease submit again, and then the attempt is young again', async () => {
      const { runId, step } = await aRun(db, {
        status: 'SUBMITTING',
        lease: expired(OTHER),
        intendedAt: new Date(Date.now() - 90_000),
      });
      const request = { leaseOwner: ME, leaseSeconds: 30, locationIds: [step.locationId], limit: 6 };
      await claimUnreconciledAttempts(db, request);
      expect(await recordResubmission(db, { leaseOwner: OTHER, leaseSeconds: 30, runIds: [runId] })).toEqual(
        [],
      );
      expect(await recordResubmission(db, { leaseOwner: ME, leaseSeconds: 30, runIds: [runId] })).toEqual([
        runId,
      ]);
      expect(((await attemptRow(runId))?.['intended_at'] as Date).getTime()).toBeGreaterThan(
        Date.now() - 5_000,
      );
    });
  });
});
