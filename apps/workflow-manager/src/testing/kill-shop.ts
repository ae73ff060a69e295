import { jobToken, parseJobToken, sql, type JobSpec, type JobToken, type KillTarget } from '@meridian/core';
import { createLogger, type Pass } from '@meridian/daemon';
import { FakeBackend, mountedFiles, type HpcBackend } from '@meridian/hpc';
import { findKill, openKill, queryRows, recordObservations, type KillRow } from '@meridian/ops-db';
import type { BuiltRun, BuiltStep } from '@meridian/ops-db/testing';
import { CarryOutKillsPass, type CarryOutKillsOptions } from '../passes/carry-out-kills.pass.js';
import { Sites } from '../sites/sites.js';
import { aManager, aPendingRun, type Workshop } from './workshop.js';

const { signal } = new AbortController();

export const killAt = (shop: Workshop, target: KillTarget): Promise<number> =>
  shop.test.dataSource.transaction((transaction) =>
    openKill(transaction, { target, reason: 'smoke', actor: 'token:eve' }),
  );

export type KillPassOptions = Partial<CarryOutKillsOptions> & { readonly backend?: HpcBackend | null };

/** The pass of one manager process; every look is due at once. */
export async function aKillPass(shop: Workshop, options: KillPassOptions = {}): Promise<CarryOutKillsPass> {
  const { dataSource = shop.test.dataSource, backend = new FakeBackend(shop.site), ...rest } = options;
  const { now = () => new Date() } = options;
  const logger = await createLogger({ name: 'kills', level: 'fatal', format: 'json' });
  return new CarryOutKillsPass({
    dataSource,
    sites: new Sites({
      dataSource,
      backendOf: () => backend,
      filesOf: () => mountedFiles,
      now,
      logger,
      holdSeconds: 0,
    }),
    now,
    lookLeaseSeconds: 3_600,
    lookSeconds: 0,
    silentLookSeconds: 0,
    askAgainAfterSeconds: 30,
    logger,
    ...rest,
  });
}

/** A run with a job at the fake site, as the managers make one. */
export async function aSubmittedRun(shop: Workshop, step: BuiltStep): Promise<BuiltRun> {
  const run = await aPendingRun(shop, step);
  await (await aManager(shop, { owner: 'first' })).submit.run(signal);
  return run;
}

/** A job of a run that no submission of ours is known to have made. */
export function anOrphan(shop: Workshop, run: { runId: number; attempt: number; installation?: string }) {
  const own = parseJobToken(shop.tokenOf({ runId: 1 }))?.installation ?? '';
  return shop.site.accept(specOf(jobToken({ installation: own, ...run })));
}

/** What the result-manager does with jobs that ended: it sees them, and the run is over. */
export async function observeEnds(shop: Workshop): Promise<void> {
  const runs = await queryRows<{ id: number; attempt: number; jobId: string }>(
    shop.db,
    sql`SELECT run.id, run.attempt, attempt.job_id AS "jobId" FROM run JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
        WHERE run.status IN ('SUBMITTED', 'RUNNING')`,
  );
  const ended = runs.filter(({ jobId }) => !shop.site.alive().some((job) => job.jobId === jobId));
  await recordObservations(shop.db, {
    actor: 'observer',
    observations: ended.map(({ id, attempt }) => ({
      runId: id,
      attempt,
      seen: 'ended',
      endState: 'CANCELLED',
      exitCode: null,
      usage: {},
      startedAt: null,
      why: 'the job ended',
    })),
  });
}

/** Both daemons' work until the kill is settled; fails when that does not come. */
export async function carryOut(shop: Workshop, pass: Pass, killId: number): Promise<KillRow> {
  for (let n = 0; n < 12; n += 1) {
    await pass.run(signal);
    await observeEnds(shop);
    const row = await findKill(shop.db, killId);
    if (row !== undefined && row.settledAt !== null) return row;
  }
  throw new Error(`kill ${killId} is still open: ${JSON.stringify(await findKill(shop.db, killId))}`);
}

const specOf = (token: JobToken): JobSpec => ({
  token,
  label: 'old/job',
  scriptPath: '/x/job.sh',
  directory: '/x',
  stdoutPath: '/x/out',
  stderrPath: '/x/err',
  resources: { cpus: 1, memoryMb: 1, walltimeMinutes: 1 },
});
