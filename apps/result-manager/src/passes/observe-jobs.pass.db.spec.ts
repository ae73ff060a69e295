import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jobToken, type JobId, type JobSpec } from '@meridian/core';
import { FakeBackend, FakeSite, mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { findInstallation } from '@meridian/ops-db';
import { aLocation, aPipeline, runRow, type RunOptions } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { ObserveJobsPass, type ObserveJobsOptions } from './observe-jobs.pass.js';

const NEVER = new AbortController().signal;
const NOW = new Date('2026-01-01T12:00:00Z');
const SPEC: Omit<JobSpec, 'token'> = {
  label: 'imaging/extract',
  scriptPath: '/x/job.sh',
  directory: '/x',
  stdoutPath: '/x/out',
  stderrPath: '/x/err',
  resources: { cpus: 1, memoryMb: 1, walltimeMinutes: 1 },
};

describe('ObserveJobsPass', () => {
  let workshop: Workshop;
  let site: FakeSite;
  let submitted = 0;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());
  beforeEach(() => {
    site = new FakeSite();
  });

  const observer = (options: Partial<ObserveJobsOptions> = {}) =>
    new ObserveJobsPass({
      filesOf: () => mountedFiles,
      dataSource: workshop.database.dataSource,
      actor: 'observer',
      logger: workshop.logger,
      now: () => NOW,
      backendOf: () => new FakeBackend(site),
      intervalMs: 0,
      unknownAfterSeconds: 300,
      forgottenAfterSeconds: 30,
      ...options,
    });

  /** A run with a job at the fake site. */
  const aJob = async (options: RunOptions = {}) => {
    submitted += 1;
    const token = jobToken({ installation: 'observer', runId: submitted, attempt: 1 });
    const jobId = site.accept({ ...SPEC, token });
    const run = await workshop.aRun({ status: 'SUBMITTED', jobId, ...options });
    return { ...run, jobId };
  };
  const statusOf = async (run: { runId: number }) => (await runRow(workshop.db, run.runId))['status'];
  const touch = async (run: { directory: string }, name: string, at = NOW) => {
    const file = path.join(workshop.basePath, run.directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '');
    await utimes(file, at, at);
  };
  const finishAll = async () => {
    // Each test begins with no job of an earlier one.
    const everything = new FakeSite();
    await observer({
      backendOf: () =>
        Object.assign(new FakeBackend(everything), {
          observe: (ids: readonly JobId[]) =>
            Promise.resolve(
              new Map(
                ids.map((id) => [
                  id,
                  { kind: 'finished', state: 'COMPLETED', exitCode: 0, usage: {} } as const,
                ]),
              ),
            ),
        }),
    }).run(NEVER);
  };
  afterEach(finishAll);

  it('follows a job from the queue to its end', async () => {
    const run = await aJob();
    const pass = observer();

    expect([await pass.run(NEVER), await statusOf(run)]).toEqual([0, 'SUBMITTED']);
    site.start(run.jobId);
    expect([await pass.run(NEVER), await statusOf(run)]).toEqual([1, 'RUNNING']);
    expect([await pass.run(NEVER), await statusOf(run)]).toEqual([0, 'RUNNING']);
    site.finish(run.jobId, { state: 'COMPLETED', exitCode: 0, usage: { cpuSeconds: 3 } });
    expect([await pass.run(NEVER), await statusOf(run)]).toEqual([1, 'COLLECTING_RESULTS']);
    expect(await pass.run(NEVER)).toBe(0);
  });

  it('asks a site once, whatever the number of jobs', async () => {
    for (let n = 0; n < 20; n += 1) site.start((await aJob()).jobId);

    expect(await observer().run(NEVER)).toBe(20);
    expect(site.requests.observe).toBe(1);
  });

  it('asks a site once per interval, whatever the number of replicas', async () => {
    await aJob();
    const replicas = [1, 2, 3].map(() => observer({ intervalMs: 3_600_000 }));
    await observer().run(NEVER);

    await Promise.all(replicas.map((replica) => replica.run(NEVER)));

    expect(site.requests.observe).toBe(1);
  });

  it('cancels a run whose job ended after it was asked to', async () => {
    const run = await aJob({ cancelRequestedAt: NOW });
    site.cancel(run.jobId);

    await observer().run(NEVER);

    expect(await runRow(workshop.db, run.runId)).toMatchObject({
      status: 'CANCELLED',
      moved_why: 'cancelled by token:test',
    });
  });

  it('leaves a run alone whose site is silent, and says so when that lasts', async () => {
    const run = await aJob();
    site.isSilent = true;
    let now = NOW;
    const pass = observer({ now: () => now });

    await pass.run(NEVER);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'SUBMITTED', waiting_reason: null });
    now = new Date(NOW.getTime() + 301_000);
    await pass.run(NEVER);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({
      status: 'SUBMITTED',
      waiting_reason: `the site has not known job ${run.jobId} since 2026-01-01T12:00:00.000Z`,
    });
    site.isSilent = false;
    await pass.run(NEVER);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'SUBMITTED', waiting_reason: null });
  });

  it('believes the record of a job that the site has forgotten', async () => {
    const run = await aJob();
    site.vanish(run.jobId);
    await observer().run(NEVER);
    expect(await statusOf(run)).toBe('SUBMITTED');

    await workshop.leave(run);
    await observer().run(NEVER);

    expect(await statusOf(run)).toBe('COLLECTING_RESULTS');
  });

  describe('a cancelled run whose job the site has forgotten', () => {
    let now: Date;
    const later = (seconds: number): void => {
      now = new Date(now.getTime() + seconds * 1000);
    };
    const looking = (options: Partial<ObserveJobsOptions> = {}) => observer({ now: () => now, ...options });
    /** Its token names the run itself, as the managers have it. */
    const aForgottenJob = async (): Promise<Awaited<ReturnType<typeof aJob>> & { spec: JobSpec }> => {
      const run = await aJob({ cancelRequestedAt: NOW });
      site.vanish(run.jobId);
      const installation = await findInstallation(workshop.db);
      const token = jobToken({ installation, runId: run.runId, attempt: 1 });
      return { ...run, spec: { ...SPEC, token } };
    };
    beforeEach(() => {
      now = NOW;
    });

    it('is cancelled when the site answers that nothing of it is alive, and says what was proven', async () => {
      const run = await aForgottenJob();
      const pass = looking();
      await pass.run(NEVER);
      later(29);
      await pass.run(NEVER);
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['SUBMITTED', 0]);
      later(1);
      await pass.run(NEVER);

      expect(await runRow(workshop.db, run.runId)).toMatchObject({
        status: 'CANCELLED',
        moved_why:
          'cancelled by token:test; the site answered at 2026-01-01T12:00:30.000Z that nothing of this run is alive, ' +
          `has not known job ${run.jobId} since 2026-01-01T12:00:00.000Z, and the job left no record`,
      });
    });

    it('stays as it is while a copy of its job is alive', async () => {
      const run = await aForgottenJob();
      const copy = site.accept(run.spec);
      const pass = looking();
      await pass.run(NEVER);
      later(60);
      await pass.run(NEVER);
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['SUBMITTED', 1]);

      site.cancel(copy);
      later(60);
      await pass.run(NEVER);
      expect(await statusOf(run)).toBe('CANCELLED');
    });

    it('stays as it is while the site is silent, however long', async () => {
      const run = await aForgottenJob();
      site.isSilent = true;
      const pass = looking();
      for (let n = 0; n < 5; n += 1) {
        await pass.run(NEVER);
        later(3_600);
      }
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['SUBMITTED', 4]);
    });

    it('stays as it is while its job shows that it is alive', async () => {
      const run = await aForgottenJob();
      const pass = looking();
      await pass.run(NEVER);
      later(60);
      await touch(run, 'heartbeat', now);
      await pass.run(NEVER);
      expect(await statusOf(run)).toBe('SUBMITTED');
      later(120);
      await pass.run(NEVER);
      expect(await statusOf(run)).toBe('CANCELLED');
    });

    it('stays as it is while the disk cannot be read: its record may be there', async () => {
      const locationId = await aLocation(workshop.db, { basePath: '/not/mounted' });
      const step = await workshop.aStep({ pipeline: await aPipeline(workshop.db, { locationId }) });
      const run = await aJob({ step, cancelRequestedAt: NOW });
      site.vanish(run.jobId);
      const pass = looking();
      await pass.run(NEVER);
      later(60);
      await pass.run(NEVER);
      expect(await statusOf(run)).toBe('SUBMITTED');
    });

    it('stays as it is while the way to its files is cut', async () => {
      const run = await aForgottenJob();
      const pass = looking({ filesOf: unreachableFiles });
      await pass.run(NEVER);
      later(60);
      await pass.run(NEVER);
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['SUBMITTED', 1]);
    });

    it('is another thing than a run that nobody cancelled, which waits much longer, and not for ever', async () => {
      const run = await aJob();
      site.vanish(run.jobId);
      const pass = looking();
      await pass.run(NEVER);
      later(899);
      await pass.run(NEVER);
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['SUBMITTED', 0]);
      later(1);
      await pass.run(NEVER);
      expect([await statusOf(run), site.requests.listAlive]).toEqual(['COLLECTING_RESULTS', 1]);
    });
  });

  it('does not end a run by the end of a second copy of its job', async () => {
    const run = await aJob();
    site.finish(run.jobId, { state: 'FAILED', exitCode: 113 });
    await touch(run, 'heartbeat');
    const pass = observer();

    await pass.run(NEVER);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({
      status: 'SUBMITTED',
      waiting_reason: 'a second copy of the job ended; waiting for the first one',
    });
    await workshop.leave(run);
    await pass.run(NEVER);

    expect(await statusOf(run)).toBe('COLLECTING_RESULTS');
  });

  it('does not let a site that fails hold up another', async () => {
    const badLocation = await aLocation(workshop.db);
    const badPipeline = await aPipeline(workshop.db, { locationId: badLocation });
    const stuck = await aJob({ step: await workshop.aStep({ pipeline: badPipeline }) });
    const run = await aJob();
    site.start(run.jobId);
    const pass = observer({
      backendOf: (location) => {
        if (location.id === badLocation) throw new Error('no such backend');
        return new FakeBackend(site);
      },
    });

    await pass.run(NEVER);

    expect([await statusOf(stuck), await statusOf(run)]).toEqual(['SUBMITTED', 'RUNNING']);
  });
});
