import { safeText, messageOf } from '@meridian/core';
import { whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import type { SiteFiles } from '@meridian/hpc';
import {
  claimPurge,
  extendPurge,
  foldLocationUsage,
  hasOpenPurge,
  openDuePurges,
  putOffPurge,
  type ClaimedPurge,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { LocationPurge, PurgeLost } from '../purging/location-purge.js';

export interface PurgeLocationsOptions {
  readonly dataSource: DataSource;
  /** Names this process in leases. */
  readonly actor: string;
  readonly logger: Logger;
  /** Of a location where jobs run; null while its settings cannot be used. */
  readonly filesOf: (location: ClaimedPurge['location']) => SiteFiles | null;
  readonly leaseSeconds: number;
  readonly batchSize: number;
  /** How often it is looked whether a location is full; who asks for a purge is served at once. */
  readonly lookEveryMs: number;
}

/** A location that stayed full because nothing more may go is left alone so long. */
const AGAIN_SECONDS = 600;
/** A site that does not answer. */
const AWAY_SECONDS = 60;
/** The other passes of this process get their turn after so many. */
const BATCHES_PER_TICK = 20;

/**
 * Frees room at locations that are at their high-water mark, and where somebody asked for it: oldest first, down to the low-water mark. One replica
 * at a time works on a location; when it dies, another goes on where it was once the lease has run out.
 */
export class PurgeLocationsPass implements Pass {
  readonly name = 'purge-locations';

  private lookedAt = -Infinity;

  constructor(private readonly options: PurgeLocationsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor: owner, leaseSeconds } = this.options;
    await this.openDue();
    let batches = 0;
    while (!signal.aborted && batches < BATCHES_PER_TICK && (await hasOpenPurge(dataSource.manager))) {
      const claimedAt = performance.now();
      const purge = await claimPurge(dataSource.manager, { owner, leaseSeconds });
      if (purge === undefined) break;
      batches += await this.goOn(purge, { signal, claimedAt, most: BATCHES_PER_TICK - batches });
    }
    return batches;
  }

  private async openDue(): Promise<void> {
    const { dataSource, lookEveryMs } = this.options;
    if (performance.now() - this.lookedAt < lookEveryMs) return;
    this.lookedAt = performance.now();
    await foldLocationUsage(dataSource.manager);
    await openDuePurges(dataSource.manager, AGAIN_SECONDS);
  }

  /** Works on a purge and gives it back; how many batches that were. */
  private async goOn(
    purge: ClaimedPurge,
    { signal, claimedAt, most }: { signal: AbortSignal; claimedAt: number; most: number },
  ): Promise<number> {
    const { dataSource, actor: owner, leaseSeconds, batchSize, logger } = this.options;
    let renewedAt = claimedAt;
    const renew = async (): Promise<void> => {
      const at = performance.now();
      if (await extendPurge(dataSource.manager, { id: purge.id, owner, leaseSeconds })) renewedAt = at;
    };
    // A process that was suspended must not remove what somebody else has made anew meanwhile.
    const isHeld = (): boolean => performance.now() - renewedAt < leaseSeconds * 1000;
    let batches = 0;
    const work = async (): Promise<number> => {
      const files = this.filesOf(purge);
      const location = new LocationPurge(purge, { dataSource, owner, files, batchSize, isHeld });
      while (!signal.aborted && batches < most) {
        batches += 1;
        const outcome = await location.next();
        if (outcome === 'finished') return 0;
        if (outcome === 'waiting') return 1;
        if (outcome === 'paused') return 0;
      }
      return 0;
    };
    try {
      const seconds = await whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, work);
      await putOffPurge(dataSource.manager, { id: purge.id, owner, problem: null, seconds });
    } catch (error) {
      await this.putOff(purge, error);
    }
    return batches;
  }

  private filesOf({ location }: ClaimedPurge): SiteFiles {
    const files = this.options.filesOf(location);
    if (files === null) throw new Error('its settings do not say how its files are reached');
    return files;
  }

  private async putOff({ id, location }: ClaimedPurge, error: unknown): Promise<void> {
    const { dataSource, actor: owner, logger } = this.options;
    if (error instanceof PurgeLost) return;
    const problem = safeText(messageOf(error));
    logger.error({ location: location.name, err: error }, 'a purge does not go on, will be tried again');
    await putOffPurge(dataSource.manager, { id, owner, problem, seconds: AWAY_SECONDS });
  }
}
