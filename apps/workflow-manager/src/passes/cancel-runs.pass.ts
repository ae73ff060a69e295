import type { JobId } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import { cancelWaitingRuns, listCancellations } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Sites } from '../sites/sites.js';

export interface CancelRunsOptions {
  readonly dataSource: DataSource;
  readonly sites: Sites;
  readonly owner: string;
  readonly now: () => Date;
  readonly batchSize: number;
  /** A scheduler is told again about a job that goes on after this time. */
  readonly askAgainAfterSeconds: number;
  readonly logger: Logger;
}

/**
 * Stops runs that people want stopped.
 *
 * What was not submitted is CANCELLED at once. Of a job, only the site knows when it has stopped: it is told, and the result-manager makes
 * the run CANCELLED when the job's end is seen. A SUBMITTING run is the reconcile pass's, which finds out first whether it has a job.
 */
export class CancelRunsPass implements Pass {
  readonly name = 'cancel-runs';
  /** When the scheduler was last told, by run. Lost with the process, and then it is told once more: telling twice does no harm. */
  private readonly toldAt = new Map<number, number>();

  constructor(private readonly options: CancelRunsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, owner, batchSize } = this.options;
    const cancelled = await cancelWaitingRuns(dataSource.manager, {
      actor: owner,
      leaseOwner: owner,
      limit: batchSize,
    });
    return cancelled + (await this.stopJobs(signal));
  }

  private async stopJobs(signal: AbortSignal): Promise<number> {
    this.forgetOldTellings();
    const { dataSource, sites, batchSize } = this.options;
    const known = await sites.all();
    const jobs = await listCancellations(dataSource.manager, {
      locationIds: [...known.keys()],
      exceptRunIds: [...this.toldAt.keys()],
      limit: batchSize,
    });
    let told = 0;
    for (const [locationId, site] of known) {
      const ofSite = jobs.filter((job) => job.locationId === locationId);
      if (ofSite.length === 0 || signal.aborted) continue;
      try {
        await site.backend.cancel(ofSite.map((job) => job.jobId as JobId));
        told += ofSite.length;
      } catch (error) {
        this.options.logger.warn(
          { location: site.location.name, err: error },
          `location ${site.location.name} was not told to cancel ${ofSite.length} jobs, will be told again`,
        );
      }
      // After a failure too: a site that is away is not asked on every tick.
      for (const { runId } of ofSite) this.toldAt.set(runId, this.options.now().getTime());
    }
    return told;
  }

  private forgetOldTellings(): void {
    const oldest = this.options.now().getTime() - this.options.askAgainAfterSeconds * 1000;
    for (const [runId, at] of this.toldAt) if (at <= oldest) this.toldAt.delete(runId);
  }
}
