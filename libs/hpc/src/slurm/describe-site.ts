import { DomainError, messageOf } from '@meridian/core';
import type { SlurmClient, SlurmSite } from './slurm-client.js';

export interface SiteDescriptionOptions {
  readonly client: SlurmClient;
  readonly locationName: string;
  readonly partition: string | null;
  readonly now?: () => Date;
}

/** A site that was upgraded or reconfigured is noticed after this time at the latest. */
const KEEP_MS = 10 * 60_000;

/** What the cluster says about itself: kept for a while for every day's work, asked anew for a health check. */
export class SiteDescription {
  private kept: { readonly site: SlurmSite; readonly at: number } | null = null;

  constructor(private readonly options: SiteDescriptionOptions) {}

  /** @throws DomainError as `HpcBackend.capabilities` does */
  async known(): Promise<SlurmSite> {
    const { kept } = this;
    return kept !== null && this.now() - kept.at < KEEP_MS ? kept.site : this.ask();
  }

  /** @throws DomainError as `HpcBackend.capabilities` does */
  async ask(): Promise<SlurmSite> {
    try {
      const site = await this.options.client.describe();
      checkPartition(this.options, site);
      this.kept = { site, at: this.now() };
      return site;
    } catch (error) {
      throw error instanceof DomainError
        ? error
        : siteUnanswered(this.options.locationName, messageOf(error));
    }
  }

  private now = (): number => (this.options.now?.() ?? new Date()).getTime();
}

function checkPartition(
  { partition, locationName }: SiteDescriptionOptions,
  { partitions }: SlurmSite,
): void {
  if (partition === null) return;
  const found = partitions.find(({ name }) => name === partition);
  if (found === undefined) {
    throw new DomainError({
      kind: 'invalid',
      code: 'slurm.partition_unknown',
      message: `The partition "${partition}" of location ${locationName} does not exist on its cluster.`,
      action: `Use one of: ${partitions.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (!found.isUp) {
    throw new DomainError({
      kind: 'unavailable',
      code: 'slurm.partition_down',
      message: `The partition "${partition}" of location ${locationName} takes no jobs at the moment.`,
      action: 'Ask the site, or choose another partition.',
    });
  }
}

export const siteUnanswered = (locationName: string, reason: string): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'slurm.unanswered',
    message: `The cluster of location ${locationName} does not answer: ${reason}.`,
    action: 'Nothing is lost: it is asked again. If it lasts, ask the site.',
  });
