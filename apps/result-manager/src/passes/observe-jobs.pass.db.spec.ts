import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jobToken, type JobId, type JobSpec } from '@meridian/core';
import { FakeBackend, FakeSite } from '@meridian/hpc';
import { aLocation, aPipeline, runRow, type RunOptions } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { ObserveJobsPass, type ObserveJobsOptions } from './observe-jobs.pass.js';

const NEVER = new AbortController().signal;
const NOW = new Date('2026-01-01T12:00:00Z');

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
      dataSource: workshop.database.dataSource,
      actor: 'observer',
      logger: workshop.logger,
      now: () => NOW,
      backendOf: () => new FakeBackend(site),
      intervalMs: 0,
      unknownAfterSeconds: 300,
      ...options,
    });

  /** A run with a job at the fake site. */
  const aJob = async (options: RunOptions = {}) => {
    submitted += 1;
    const spec: JobSpec = {
      token: jobToken({ installation: 'observer', runId: submitted, attempt: 1 }),
      label: 'imaging/extract',
      scriptPath: '/x/job.sh',
      directory: '/x',
      stdoutPath: '/x/out',
      stderrPath: '/x/err',
      resources: { cpus: 1, memoryMb: 1, walltimeMinutes: 1 },
    };
    const jobId = site.accept(spec);
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
