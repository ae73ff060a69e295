import { isInScope, parseJobToken, messageOf, type JobId, type LiveJob } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import {
  claimKillLooks,
  countKilledRuns,
  findInstallation,
  findKilledJobs,
  recordKillLook,
  stopKilledRuns,
  type AliveJob,
  type JobRun,
  type KillLookClaim,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Site, Sites } from '../sites/sites.js';

export interface CarryOutKillsOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly now: () => Date;
  /** How long a look may take before another manager looks instead. */
  readonly lookLeaseSeconds: number;
  /** Between two looks at a site that answers. */
  readonly lookSeconds: number;
  /** Between two looks at one that is silent. */
  readonly silentLookSeconds: number;
  /** A scheduler is told again about a job that goes on after this time. */
  readonly askAgainAfterSeconds: number;
  readonly logger: Logger;
}

/** A job at a site with the run that its token names; `run` is null when the database does not know it. */
interface KnownJob {
  readonly job: LiveJob;
  readonly runId: number;
  readonly run: JobRun | null;
}

type Census =
  | { readonly kind: 'answered'; readonly jobs: readonly KnownJob[] }
  | { readonly kind: 'silent'; readonly reason: string };

/** Runs that could still get a job when their site was asked, by kill and location. */
type RunsWithJob = ReadonlyMap<number, ReadonlyMap<number, number>>;

/**
 * Sees open kills through to their proof: stops runs that appeared meanwhile, asks every site concerned what is alive, has all of
 * it cancelled that is in scope, whoever owns it, and keeps what the site said.
 *
 * Nothing is remembered but when a site was last told about a job. A manager that dies anywhere leaves a look that another
 * one makes, and two managers never make the same look.
 */
export class CarryOutKillsPass implements Pass {
  readonly name = 'carry-out-kills';
  /** When a site was last told, by location and job. Lost with the process, and then it is told once more: that does no harm. */
  private readonly toldAt = new Map<string, number>();
  private installation: string | undefined;

  constructor(private readonly options: CarryOutKillsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, sites, lookLeaseSeconds } = this.options;
    const claims = await claimKillLooks(dataSource.manager, { leaseSeconds: lookLeaseSeconds });
    if (claims.length === 0) return 0;
    this.forgetOldTellings();
    // Before any site is asked: a run that can get a job after its site was asked keeps that look from counting.
    const runsWithJob = await this.stopRuns(claims);
    const known = await sites.all();
    const looks = [...new Set(claims.map((claim) => claim.locationId))].map((locationId) => {
      const atSite = claims.filter((claim) => claim.locationId === locationId);
      return signal.aborted ? Promise.resolve(0) : this.look(known.get(locationId), atSite, runsWithJob);
    });
    let changed = 0;
    for (const result of await Promise.allSettled(looks)) {
      if (result.status === 'rejected') throw result.reason;
      changed += result.value;
    }
    return changed;
  }

  private async stopRuns(claims: readonly KillLookClaim[]): Promise<RunsWithJob> {
    const { manager } = this.options.dataSource;
    const runsWithJob = new Map<number, ReadonlyMap<number, number>>();
    for (const killId of new Set(claims.map((claim) => claim.killId))) {
      await stopKilledRuns(manager, killId);
      runsWithJob.set(killId, await countKilledRuns(manager, killId));
    }
    return runsWithJob;
  }

  /** One question to the site, whatever the number of kills that wait for the answer. */
  private async look(
    site: Site | undefined,
    claims: readonly KillLookClaim[],
    runsWithJob: RunsWithJob,
  ): Promise<number> {
    const census = await this.census(site);
    let changed = 0;
    for (const claim of claims) {
      const alive = census.kind === 'silent' ? [] : census.jobs.filter((job) => concerns(claim, job));
      const toldCount = site === undefined ? 0 : await this.tell(site, alive);
      const withJob = runsWithJob.get(claim.killId)?.get(claim.locationId) ?? 0;
      const isSettled = await recordKillLook(this.options.dataSource.manager, {
        killId: claim.killId,
        locationId: claim.locationId,
        look: claim.look,
        silence: census.kind === 'silent' ? census.reason : null,
        alive: alive.map(aliveJob),
        toldCount,
        runsWithJob: withJob,
        nextLookSeconds: this.secondsToNextLook(census),
      });
      this.report(claim, census, isSettled);
      changed += toldCount + (isSettled ? 1 : 0);
    }
    return changed;
  }

  private async census(site: Site | undefined): Promise<Census> {
    if (site === undefined)
      return {
        kind: 'silent',
        reason: 'no workflow-manager can drive it: its backend or its settings are wrong',
      };
    const { manager } = this.options.dataSource;
    let alive: LiveJob[];
    this.installation ??= await findInstallation(manager);
    try {
      alive = await site.backend.listAlive(this.installation);
    } catch (error) {
      return { kind: 'silent', reason: messageOf(error) };
    }
    const named = [...new Map(alive.map((job) => [job.jobId, job])).values()].flatMap((job) => {
      const identity = parseJobToken(job.token);
      return identity === null ? [] : [{ job, ...identity }];
    });
    const runs = new Map((await findKilledJobs(manager, named)).map((run) => [nameOf(run), run]));
    const jobs = named.map(({ job, runId, attempt }) => ({
      job,
      runId,
      run: runs.get(nameOf({ runId, attempt })) ?? null,
    }));
    return { kind: 'answered', jobs };
  }

  /** All of them, not only those that no active run owns: the pass that cancels runs may have died before it told anybody. */
  private async tell(site: Site, alive: readonly KnownJob[]): Promise<number> {
    const { now, logger } = this.options;
    const keyOf = ({ job }: KnownJob): string => `${site.location.id}/${job.jobId}`;
    const untold = alive.filter((job) => !this.toldAt.has(keyOf(job)));
    if (untold.length === 0) return 0;
    try {
      await site.backend.cancel(untold.map(({ job }): JobId => job.jobId));
    } catch (error) {
      logger.warn(
        { location: site.location.name, err: error },
        `location ${site.location.name} was not told to cancel ${untold.length} jobs, will be told again`,
      );
      return 0;
    }
    for (const job of untold) this.toldAt.set(keyOf(job), now().getTime());
    return untold.length;
  }

  private forgetOldTellings(): void {
    const oldest = this.options.now().getTime() - this.options.askAgainAfterSeconds * 1000;
    for (const [job, at] of this.toldAt) if (at <= oldest) this.toldAt.delete(job);
  }

  private secondsToNextLook(census: Census): number {
    const { lookSeconds, silentLookSeconds } = this.options;
    return census.kind === 'silent' ? silentLookSeconds : lookSeconds;
  }

  private report({ killId, location }: KillLookClaim, census: Census, isSettled: boolean): void {
    const { logger } = this.options;
    if (census.kind === 'silent')
      logger.warn(
        { kill: killId, location, reason: census.reason },
        `kill ${killId}: ${location} does not answer`,
      );
    if (isSettled) logger.info({ kill: killId }, `kill ${killId}: nothing alive, proven`);
  }
}

const nameOf = ({ runId, attempt }: { readonly runId: number; readonly attempt: number }): string =>
  `${runId}/${attempt}`;

const concerns = ({ target, locationId }: KillLookClaim, { runId, run }: KnownJob): boolean =>
  isInScope(target, { locationId, runId, pipelineId: run?.pipelineId ?? null });

const aliveJob = ({ job, runId, run }: KnownJob): AliveJob => ({
  job_id: job.jobId,
  token: job.token,
  run_id: runId,
  pipeline: run?.pipeline ?? null,
  state: job.state,
  since: run?.since ?? null,
});
