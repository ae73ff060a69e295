import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, messageOf } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import {
  claimLocationsToCheck,
  listImageProblems,
  recordLocationHealth,
  type CheckIntervals,
  type ImageProblem,
  type LocationHealth,
  type ProcessingLocation,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { BackendLookup, FilesLookup, ProblemLookup } from '../sites/sites.js';
import { checkBase } from '../staging/stage-run.js';

export interface CheckSitesOptions {
  readonly dataSource: DataSource;
  readonly backendOf: BackendLookup;
  readonly filesOf: FilesLookup;
  readonly problemOf: ProblemLookup;
  readonly intervals: CheckIntervals;
  /** How long the other passes wait for an answer; a dead cluster can take half a minute to give one. */
  readonly patienceMs: number;
  readonly logger: Logger;
}

/**
 * Looks whether jobs could be run at each location, and writes down what it found: people are told in one sentence, and a place that
 * is not healthy gets no run that would only fail there.
 */
export class CheckSitesPass implements Pass {
  readonly name = 'check-sites';
  private readonly underWay = new Map<number, Promise<void>>();
  private changed = 0;

  constructor(private readonly options: CheckSitesOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    if (signal.aborted) return 0;
    const { dataSource, intervals, patienceMs } = this.options;
    for (const location of await claimLocationsToCheck(dataSource.manager, intervals))
      if (!this.underWay.has(location.id)) this.underWay.set(location.id, this.checkOne(location));
    const patience = new AbortController();
    const stop = AbortSignal.any([signal, patience.signal]);
    await Promise.race([
      Promise.all(this.underWay.values()),
      sleep(patienceMs, undefined, { signal: stop, ref: false }).catch(() => undefined),
    ]);
    patience.abort();
    const { changed } = this;
    this.changed = 0;
    return changed;
  }

  /** Never rejects: a look that failed is made again when it is due. */
  private async checkOne(location: ProcessingLocation): Promise<void> {
    try {
      if (await this.check(location)) this.changed += 1;
    } catch (error) {
      this.options.logger.warn({ location: location.name, err: error }, 'its health was not recorded');
    } finally {
      this.underWay.delete(location.id);
    }
  }

  private async check(location: ProcessingLocation): Promise<boolean> {
    const { dataSource, logger } = this.options;
    const health = await this.healthOf(location);
    const isChange = await recordLocationHealth(dataSource.manager, { locationId: location.id, health });
    if (isChange && health.ok)
      logger.info({ location: location.name }, `location ${location.name} is healthy`);
    if (isChange && !health.ok)
      logger.warn({ location: location.name, code: health.code }, `${health.message} ${health.action}`);
    return isChange;
  }

  private async healthOf(location: ProcessingLocation): Promise<LocationHealth> {
    try {
      const backend = this.options.backendOf(location);
      const files = this.options.filesOf(location);
      if (backend === null || files === null)
        throw this.options.problemOf(location) ?? new Error('it has no backend');
      // First: a host that does not let us in says more about it than the files that are not reached there.
      const { version, hasAccounting, maxArraySize, details, ...site } = await backend.capabilities();
      await checkBase(location, files);
      const problems = await listImageProblems(this.options.dataSource.manager);
      return {
        ok: true,
        imageProblems: problems.filter(({ location: at }) => at === location.name).map(sentenceOf),
        details: {
          ...details,
          ...(files.reach === 'mounted' ? {} : { files: files.reach }),
          backend: site.backend,
          version,
          has_accounting: hasAccounting,
          max_array_size: maxArraySize,
        },
      };
    } catch (error) {
      return problemOf(location, error);
    }
  }
}

const sentenceOf = ({ software, problem }: ImageProblem): string =>
  `${software.join(', ')} cannot run here: ${problem}`;

function problemOf({ name }: ProcessingLocation, error: unknown): LocationHealth {
  if (error instanceof DomainError)
    return { ok: false, code: error.code, message: error.message, action: error.action };
  return {
    ok: false,
    code: 'location.unusable',
    message: `No job can be run at location ${name}: ${messageOf(error)}.`,
    action: 'Put it right; it is looked at again by itself.',
  };
}
