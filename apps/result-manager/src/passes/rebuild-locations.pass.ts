import { messageOf } from '@meridian/core';
import { whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import type { BackendLocation, SiteFiles } from '@meridian/hpc';
import {
  claimRebuild,
  extendRebuild,
  findKnownAttempts,
  recordRebuild,
  type ClaimedRebuild,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { findAttempts, type FoundAttempt } from '../rebuilding/find-attempts.js';
import { rebuildAttempt, type Rebuilding } from '../rebuilding/rebuild-attempt.js';

export interface RebuildLocationsOptions {
  readonly dataSource: DataSource;
  /** Names this process in run events and leases. */
  readonly actor: string;
  readonly logger: Logger;
  /** Null when there is no way to a location's files. */
  readonly filesOf: (location: BackendLocation & { readonly id: number }) => SiteFiles | null;
  readonly leaseSeconds: number;
  /** How long the other passes wait for a rebuild at a time. */
  readonly budgetMs: number;
  readonly now: () => Date;
}

type Counts = Record<
  'found' | 'known' | 'rebuilt' | 'remade' | 'unfinished' | 'failed' | 'problems' | 'products' | 'lost_files',
  number
>;

/** A rebuild under way, as far as it is: what is lost with the process is done again, and finds what there is. */
interface Work {
  readonly rebuild: ClaimedRebuild;
  readonly rebuilding: Rebuilding;
  readonly attempts: readonly FoundAttempt[];
  next: number;
  readonly counts: Counts;
  readonly problems: { directory: string; reason: string }[];
}

const ATTEMPTS_AT_A_TIME = 50;
const NAMED_PROBLEMS = 100;

/**
 * Makes records of runs and products again from what attempts left at a location, after a loss of the database.
 *
 * An attempt that there is a record of is left alone, and each is rebuilt in one transaction: it may be done again, and by whoever takes over.
 */
export class RebuildLocationsPass implements Pass {
  readonly name = 'rebuild-locations';
  private work: Work | null = null;

  constructor(private readonly options: RebuildLocationsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor, leaseSeconds, logger } = this.options;
    const claimed = await claimRebuild(dataSource.manager, { owner: actor, leaseSeconds });
    if (claimed === undefined) return 0;
    const lease = { id: claimed.id, owner: actor, leaseSeconds };
    const renew = () => extendRebuild(dataSource.manager, lease);
    await whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, async () => {
      const work = this.work?.rebuild.id === claimed.id ? this.work : await this.begin(claimed);
      this.work = work;
      if (work !== null) await this.goOn(work, signal);
    });
    return 1;
  }

  /** Null when it cannot begin, which is noted. */
  private async begin(rebuild: ClaimedRebuild): Promise<Work | null> {
    const { dataSource, actor } = this.options;
    const { location, dryRun } = rebuild;
    const files = this.options.filesOf(location);
    try {
      if (files === null) throw new Error(`there is no way to the files of location ${location.name}`);
      if ((await files.list(location.basePath)) === null)
        throw new Error(`${location.basePath} is not there: is the file system mounted?`);
      const attempts = await findAttempts(files, location.basePath);
      return {
        ...{ rebuild, attempts, next: 0, problems: [] },
        rebuilding: { dataSource, actor, files, location, dryRun, planned: new Set() },
        counts: {
          ...{ found: attempts.length, known: 0, rebuilt: 0, remade: 0, unfinished: 0, failed: 0 },
          ...{ problems: 0, products: 0, lost_files: 0 },
        },
      };
    } catch (error) {
      await this.note({ rebuild, counts: {}, problems: [] }, 'failed', messageOf(error));
      return null;
    }
  }

  private async goOn(work: Work, signal: AbortSignal): Promise<void> {
    const { now, budgetMs } = this.options;
    const until = now().getTime() + budgetMs;
    do {
      const batch = work.attempts.slice(work.next, work.next + ATTEMPTS_AT_A_TIME);
      const known = await findKnownAttempts(
        this.options.dataSource.manager,
        batch.map(({ token }) => token),
      );
      for (const found of batch) {
        if (known.has(found.token)) work.counts.known += 1;
        else await this.rebuild(work, found);
        work.next += 1;
      }
      const isOver = work.next >= work.attempts.length;
      if (!(await this.note(work, isOver ? 'done' : 'running', null)) || isOver) {
        this.work = null;
        return;
      }
    } while (now().getTime() < until && !signal.aborted);
  }

  private async rebuild({ rebuilding, counts, problems }: Work, found: FoundAttempt): Promise<void> {
    const fate = await rebuildAttempt(rebuilding, found);
    switch (fate.kind) {
      case 'rebuilt':
        counts.rebuilt += 1;
        counts.products += fate.products;
        counts.lost_files += fate.lostFiles;
        return;
      case 'problem':
        counts.problems += 1;
        if (problems.length < NAMED_PROBLEMS)
          problems.push({ directory: found.directory, reason: fate.reason });
        return;
      case 'remade':
      case 'unfinished':
      case 'failed':
        counts[fate.kind] += 1;
    }
  }

  private note(
    { rebuild, counts, problems }: Pick<Work, 'rebuild' | 'problems'> & { readonly counts: Partial<Counts> },
    state: 'running' | 'done' | 'failed',
    problem: string | null,
  ): Promise<boolean> {
    const { dataSource, actor: owner, leaseSeconds } = this.options;
    const progress = { id: rebuild.id, owner, state, counts, problems, problem, leaseSeconds };
    return recordRebuild(dataSource.manager, progress);
  }
}
