import { messageOf } from '@meridian/core';
import type { Logger } from '@meridian/daemon';
import type { HpcBackend, SiteFiles } from '@meridian/hpc';
import { listProcessingLocations, type ProcessingLocation } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { checkBase } from '../staging/stage-run.js';

/** A processing location, what drives it, and the way to its files. */
export interface Site {
  readonly location: ProcessingLocation;
  readonly backend: HpcBackend;
  readonly files: SiteFiles;
}

/** The backend of a location, the same one each time; null when this daemon cannot drive it. */
export type BackendLookup = (location: ProcessingLocation) => HpcBackend | null;

/** The files of a location; null when there is no way to them. */
export type FilesLookup = (location: ProcessingLocation) => SiteFiles | null;

/** Why there is no backend. */
export type ProblemLookup = (location: ProcessingLocation) => Error | null;

export interface SitesOptions {
  readonly dataSource: DataSource;
  readonly backendOf: BackendLookup;
  readonly filesOf: FilesLookup;
  readonly now: () => Date;
  readonly logger: Logger;
  /** How long a place that refused work is left alone. */
  readonly holdSeconds: number;
}

/**
 * The places where this manager can run jobs, and which of them take new work now.
 *
 * A site that is not healthy gets none until `check-sites` finds that it is. One that could not be written or did not answer gets nothing new for `holdSeconds`, and then only once it answers: one bad
 * place neither takes runs that it cannot start nor keeps the others waiting. What already runs there is still looked after.
 */
export class Sites {
  private readonly heldUntil = new Map<number, number>();
  private readonly holdReasons = new Map<number, string>();

  constructor(private readonly options: SitesOptions) {}

  /** Every site that this manager can drive, by the id of its location. */
  async all(): Promise<Map<number, Site>> {
    const locations = await listProcessingLocations(this.options.dataSource.manager);
    const sites = new Map<number, Site>();
    for (const location of locations) {
      const backend = this.options.backendOf(location);
      const files = this.options.filesOf(location);
      if (backend !== null && files !== null) sites.set(location.id, { location, backend, files });
    }
    return sites;
  }

  /** Where runs wait that this manager claims, or that none does: settings that give no backend are nobody else's either. */
  async idsToSpeakFor(): Promise<number[]> {
    const locations = await listProcessingLocations(this.options.dataSource.manager);
    return locations
      .filter((location) => location.isHealthy === false || this.options.backendOf(location) !== null)
      .map(({ id }) => id);
  }

  /** Those of them that take new work. */
  async open(): Promise<Map<number, Site>> {
    const sites = await this.all();
    for (const [id, site] of sites) if (!(await this.isOpen(site))) sites.delete(id);
    return sites;
  }

  /** The sites that get nothing new for a while, and why. */
  held(): { locationId: number; reason: string }[] {
    return [...this.holdReasons].map(([locationId, reason]) => ({ locationId, reason }));
  }

  /** Gives a site nothing new for a while. */
  hold({ location }: Site, reason: string): void {
    this.holdReasons.set(location.id, reason);
    this.heldUntil.set(location.id, this.options.now().getTime() + this.options.holdSeconds * 1000);
    this.options.logger.warn(
      { location: location.name, reason },
      `location ${location.name} gets no new runs for ${this.options.holdSeconds} s: ${reason}`,
    );
  }

  private async isOpen(site: Site): Promise<boolean> {
    if (site.location.isHealthy === false) return false;
    const heldUntil = this.heldUntil.get(site.location.id);
    if (heldUntil === undefined) return true;
    if (heldUntil > this.options.now().getTime()) return false;
    try {
      await checkBase(site.location, site.files);
      await site.backend.capabilities();
    } catch (error) {
      this.hold(site, messageOf(error));
      return false;
    }
    this.heldUntil.delete(site.location.id);
    this.holdReasons.delete(site.location.id);
    return true;
  }
}
