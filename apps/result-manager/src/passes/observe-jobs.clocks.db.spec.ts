import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jobToken } from '@meridian/core';
import { FakeBackend, FakeSite, mountedFiles } from '@meridian/hpc';
import { runRow } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { ObserveJobsPass } from './observe-jobs.pass.js';

const HOUR_MS = 3_600_000;

describe('ObserveJobsPass, when clocks disagree', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  it.each([5, -5])(
    'does not take the first copy of a job for dead because its own clock is %s hours off',
    async (hours) => {
      const site = new FakeSite();
      const jobId = site.accept({
        token: jobToken({ installation: 'clocks', runId: 1, attempt: 1 }),
        label: 'imaging/extract',
        scriptPath: '/x/job.sh',
        directory: '/x',
        stdoutPath: '/x/out',
        stderrPath: '/x/err',
        resources: { cpus: 1, memoryMb: 1, walltimeMinutes: 1 },
      });
      const run = await workshop.aRun({ status: 'SUBMITTED', jobId });
      await mkdir(path.join(workshop.basePath, run.directory), { recursive: true });
      await writeFile(path.join(workshop.basePath, run.directory, 'heartbeat'), '');
      site.finish(jobId, { state: 'FAILED', exitCode: 113 });
      const pass = new ObserveJobsPass({
        dataSource: workshop.database.dataSource,
        actor: 'observer',
        logger: workshop.logger,
        now: () => new Date(Date.now() + hours * HOUR_MS),
        filesOf: () => mountedFiles,
        backendOf: () => new FakeBackend(site),
        intervalMs: 0,
        unknownAfterSeconds: 300,
        forgottenAfterSeconds: 30,
      });

      await pass.run(new AbortController().signal);

      expect(await runRow(workshop.db, run.runId)).toMatchObject({
        status: 'SUBMITTED',
        waiting_reason: 'a second copy of the job ended; waiting for the first one',
      });
    },
  );
});
