import { messageOf } from '@meridian/core';
import { mapConcurrently, whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import {
  claimRuns,
  failRuns,
  loadClaimedRuns,
  loadInputs,
  lockClaims,
  recordIntent,
  releaseRuns,
  renewLeases,
  type ClaimedRun,
  type RunInput,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { ImageKeeper } from '../images/image-keeper.js';
import { runsWithImages } from '../images/runs-with-images.js';
import type { Site, Sites } from '../sites/sites.js';
import { checkBase, stageRun, type StagingOutcome } from '../staging/stage-run.js';
import { failureOf, submitAndRecord } from '../submission/record-outcomes.js';
import { productsWithoutCopy, waitForRemakes, whyOutdated } from '../submission/wait-for-remakes.js';
import { batchesByWeight } from './batches-by-weight.js';

export interface SubmitRunsLimits {
  /** Runs claimed at a time. */
  readonly batchSize: number;
  /** Inputs in memory at a time, unless one run alone has more. */
  readonly inputsPerBatch: number;
  readonly runsStagedAtOnce: number;
  readonly inputsStagedAtOnce: number;
  readonly leaseSeconds: number;
  /** How long a run waits whose place cannot take it. */
  readonly waitSeconds: number;
  readonly lookUpAfterSeconds: number;
  readonly heartbeatSeconds: number;
}

export interface SubmitRunsOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly images: ImageKeeper;
  /** This process, different from every other one that ever was. */
  readonly owner: string;
  readonly now: () => Date;
  readonly limits: SubmitRunsLimits;
  readonly logger: Logger;
}

type Staged = Extract<StagingOutcome, { kind: 'staged' }>;

/**
 * PENDING → SUBMITTED: claim, stage, commit the intent, submit, record.
 *
 * Everything is done for a whole batch at a time. Sites are worked on side by side, so that a slow one does not hold the others up.
 */
export class SubmitRunsPass implements Pass {
  readonly name = 'submit-runs';

  constructor(private readonly options: SubmitRunsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const sites = await this.options.sites.open();
    if (sites.size === 0) return 0;
    const runIds = await this.claim([...sites.keys()]);
    if (runIds.length === 0) return 0;
    const { dataSource, owner, limits, logger } = this.options;
    const renew = (): Promise<number[]> =>
      renewLeases(dataSource.manager, { leaseOwner: owner, leaseSeconds: limits.leaseSeconds, runIds });
    return whileRenewing({ everyMs: (limits.leaseSeconds * 1000) / 3, renew, logger }, () =>
      this.submitClaimed(runIds, sites, signal),
    );
  }

  private claim(locationIds: readonly number[]): Promise<number[]> {
    const { owner, limits } = this.options;
    return this.options.dataSource.transaction(async (transaction) => {
      await lockClaims(transaction);
      return claimRuns(transaction, {
        actor: owner,
        leaseOwner: owner,
        leaseSeconds: limits.leaseSeconds,
        locationIds,
        limit: limits.batchSize,
      });
    });
  }

  private async submitClaimed(
    runIds: readonly number[],
    sites: ReadonlyMap<number, Site>,
    signal: AbortSignal,
  ): Promise<number> {
    const runs = await loadClaimedRuns(this.options.dataSource.manager, this.options.owner, runIds);
    const bySite = new Map<Site, ClaimedRun[]>();
    for (const run of runs) {
      const site = sites.get(run.locationId);
      if (site !== undefined) bySite.set(site, [...(bySite.get(site) ?? []), run]);
    }
    const results = await Promise.allSettled(
      [...bySite].map(([site, ofSite]) => this.submitAtSite(site, ofSite, signal)),
    );
    let changed = 0;
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      changed += result.value;
    }
    return changed;
  }

  private async submitAtSite(site: Site, runs: readonly ClaimedRun[], signal: AbortSignal): Promise<number> {
    let changed = 0;
    const batches = batchesByWeight(runs, (run) => run.memberCount, this.options.limits.inputsPerBatch);
    for (const [index, batch] of batches.entries()) {
      const refusal = signal.aborted ? 'the workflow-manager is stopping' : await this.refusalOf(site);
      if (refusal !== null) {
        await this.release(
          batches.slice(index).flat(),
          refusal,
          signal.aborted ? 0 : this.options.limits.waitSeconds,
        );
        return changed;
      }
      const staged = await this.stage(site, batch, signal);
      changed += staged.failed + (await this.submit(site, staged.ready));
    }
    return changed;
  }

  /** Why a site takes nothing now, found before a batch is staged; null when it does. */
  private async refusalOf(site: Site): Promise<string | null> {
    try {
      await checkBase(site.location, site.files);
      return null;
    } catch (error) {
      const reason = messageOf(error);
      this.options.sites.hold(site, reason);
      return reason;
    }
  }

  private async stage(
    site: Site,
    claimed: readonly ClaimedRun[],
    signal: AbortSignal,
  ): Promise<{ ready: Staged[]; failed: number }> {
    const { limits } = this.options;
    const withImages = await runsWithImages(this.options.images, site, claimed, signal);
    // They are not claimed again before their image is there, or is due for another try.
    for (const { run, reason } of withImages.waiting) await this.release([run], reason, 0);
    const inputs = await this.inputsOf(site, withImages.ready);
    const runs = await this.withEveryProduct(withImages.ready, inputs);
    const outcomes = await mapConcurrently(runs, limits.runsStagedAtOnce, (run) =>
      stageRun(run, inputs.get(run.inputSetId) ?? [], {
        files: site.files,
        dataSource: this.options.dataSource,
        inputsAtOnce: limits.inputsStagedAtOnce,
        heartbeatSeconds: limits.heartbeatSeconds,
      }),
    );
    for (const outcome of outcomes)
      if (outcome.kind === 'lost')
        await waitForRemakes(this.options, { ...outcome, itemIds: [outcome.itemId] });
    const waiting = outcomes.filter((outcome) => outcome.kind === 'waiting');
    for (const reason of new Set(waiting.filter(({ isSite }) => isSite).map((outcome) => outcome.reason)))
      this.options.sites.hold(site, reason);
    for (const { run, reason } of waiting) await this.release([run], reason, limits.waitSeconds);
    const failed = await this.fail(outcomes.filter((outcome) => outcome.kind === 'failed'));
    return { ready: outcomes.filter((outcome) => outcome.kind === 'staged'), failed };
  }

  /** The runs of which no input has to be made again; the others wait for that. */
  private async withEveryProduct(
    runs: readonly ClaimedRun[],
    inputs: ReadonlyMap<number, readonly RunInput[]>,
  ): Promise<ClaimedRun[]> {
    const complete: ClaimedRun[] = [];
    for (const run of runs) {
      const gone = productsWithoutCopy(inputs.get(run.inputSetId) ?? []);
      const reason = whyOutdated(run, gone);
      if (gone.length === 0) complete.push(run);
      else if (reason !== null) await this.fail([{ kind: 'failed', run, failureClass: 'STAGING', reason }]);
      else await waitForRemakes(this.options, { run, itemIds: gone.map(({ itemId }) => itemId), lost: [] });
    }
    return complete;
  }

  private async inputsOf(site: Site, runs: readonly ClaimedRun[]): Promise<Map<number, RunInput[]>> {
    const setIds = [...new Set(runs.map((run) => run.inputSetId))];
    const bySet = new Map<number, RunInput[]>(setIds.map((id) => [id, []]));
    for (const input of await loadInputs(this.options.dataSource.manager, site.location.id, setIds))
      bySet.get(input.inputSetId)?.push(input);
    return bySet;
  }

  /** The intent, then the submission: from the first of them on, an attempt belongs to the reconcile pass when this process dies. */
  private async submit(site: Site, staged: readonly Staged[]): Promise<number> {
    const { dataSource, owner, limits, now, logger } = this.options;
    const intended = await recordIntent(dataSource.manager, {
      actor: owner,
      leaseOwner: owner,
      leaseSeconds: limits.leaseSeconds,
      attempts: staged.map(({ attempt }) => attempt),
    });
    const intendedAt = now().getTime();
    const mine = new Set(intended);
    const attempts = staged
      .filter(({ run }) => mine.has(run.runId))
      .map(({ run, spec }) => ({ ...run, spec }));
    // A process that was suspended here has lost its lease: somebody else looks after these attempts by now.
    if (now().getTime() - intendedAt > limits.leaseSeconds * 1000) return 0;
    const report = await submitAndRecord(site, attempts, {
      dataSource,
      owner,
      logger,
      lookUpAfterSeconds: limits.lookUpAfterSeconds,
    });
    if (report.silence !== null) this.options.sites.hold(site, report.silence);
    return report.decided;
  }

  private fail(outcomes: readonly Extract<StagingOutcome, { kind: 'failed' }>[]): Promise<number> {
    const failures = outcomes.map(({ run, failureClass, reason }) => ({
      ...failureOf(run, failureClass, reason),
      fromStatus: 'STAGING_DATA' as const,
    }));
    const { owner } = this.options;
    return failRuns(this.options.dataSource.manager, { actor: owner, leaseOwner: owner, failures });
  }

  private async release(runs: readonly ClaimedRun[], reason: string, delaySeconds: number): Promise<void> {
    const { owner } = this.options;
    const releases = runs.map(({ runId }) => ({ runId, reason, delaySeconds }));
    await releaseRuns(this.options.dataSource.manager, { actor: owner, leaseOwner: owner, releases });
  }
}
