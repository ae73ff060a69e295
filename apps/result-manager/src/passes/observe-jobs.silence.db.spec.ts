import { jobToken } from '@meridian/core';
import { FakeBackend, FakeSite, mountedFiles } from '@meridian/hpc';
import { runRow, type RunOptions } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { ObserveJobsPass } from './observe-jobs.pass.js';

const NOW = new Date('2026-01-01T12:00:00Z');
const NEVER = new AbortController().signal;

describe('ObserveJobsPass, when a site says nothing of a job', () => {
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

  const observer = (now: () => Date, lostAfterSeconds: number) =>
    new ObserveJobsPass({
      dataSource: workshop.database.dataSource,
      actor: 'observer',
      logger: workshop.logger,
      now,
      filesOf: () => mountedFiles,
      backendOf: () => new FakeBackend(site),
      intervalMs: 0,
      unknownAfterSeconds: 300,
      forgottenAfterSeconds: 30,
      lostAfterSeconds,
    });
  const aJob = async (options: RunOptions = {}) => {
    submitted += 1;
    const jobId = site.accept({
      token: jobToken({ installation: 'silence', runId: submitted, attempt: 1 }),
      label: 'imaging/extract',
      scriptPath: '/x/job.sh',
      directory: '/x',
      stdoutPath: '/x/out',
      stderrPath: '/x/err',
      resources: { cpus: 1, memoryMb: 1, walltimeMinutes: 1 },
    });
    return { ...(await workshop.aRun({ status: 'SUBMITTED', jobId, ...options })), jobId };
  };
  const statusOf = async (run: { runId: number }) => (await runRow(workshop.db, run.runId))['status'];

  it('does not guess why one was stopped, unless Meridian itself was asked to stop it', async () => {
    const [run, cancelled] = [await aJob(), await aJob({ cancelRequestedAt: NOW })];
    site.isSilent = true;
    for (const each of [run, cancelled])
      await workshop.leave(each, { exitCode: 143, record: { was_stopped: true } });

    await observer(() => NOW, 900).run(NEVER);

    expect([await statusOf(run), await statusOf(cancelled)]).toEqual(['SUBMITTED', 'CANCELLED']);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({
      waiting_reason: 'the job was stopped; waiting for the site to say why',
    });
  });

  it('waits as long as its installation says until one that nobody cancelled counts as lost', async () => {
    const run = await aJob();
    site.vanish(run.jobId);
    let seconds = 0;
    const pass = observer(() => new Date(NOW.getTime() + seconds * 1000), 60);
    const seen: unknown[] = [];
    for (seconds of [0, 59, 60]) {
      await pass.run(NEVER);
      seen.push(await statusOf(run));
    }
    expect(seen).toEqual(['SUBMITTED', 'SUBMITTED', 'COLLECTING_RESULTS']);
  });
});
