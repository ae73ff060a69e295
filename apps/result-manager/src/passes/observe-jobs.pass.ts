import { needsProof, readObservation, type JobObservation, type ObservationMeaning } from '@meridian/core';
import { mapConcurrently, type Logger, type Pass } from '@meridian/daemon';
import type { HpcBackend } from '@meridian/hpc';
import {
  claimLocationsToObserve,
  listObservableRuns,
  noteWaitingReasons,
  recordObservations,
  type LocationToObserve,
  type ObservableRun,
  type RunObservation,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { AttemptDirectory } from '../collecting/attempt-directory.js';

export interface ObserveJobsOptions {
  readonly dataSource: DataSource;
  /** Names this process in run events. */
  readonly actor: string;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Null, having said why, for a location that this daemon cannot ask. */
  readonly backendOf: (location: LocationToObserve) => HpcBackend | null;
  /** No site is asked more often than this, by however many replicas. */
  readonly intervalMs: number;
  /** After this long without a word about a job, its run says so. */
  readonly unknownAfterSeconds: number;
}

interface Reading {
  readonly run: ObservableRun;
  readonly meaning: ObservationMeaning;
}

const DIRECTORIES_AT_ONCE = 16;

/**
 * Asks every site once about all of its jobs, and moves their runs to RUNNING or COLLECTING_RESULTS.
 *
 * A site that does not answer leaves its runs as they are and does not hold up the other sites.
 */
export class ObserveJobsPass implements Pass {
  readonly name = 'observe-jobs';
  /** By run: since when its site has not known its job. Only for telling people, so forgetting it in a restart does no harm. */
  private readonly unknownSince = new Map<number, Date>();

  constructor(private readonly options: ObserveJobsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    if (signal.aborted) return 0;
    const { dataSource, intervalMs, logger } = this.options;
    const locations = await claimLocationsToObserve(dataSource.manager, { intervalMs });
    const changed = await Promise.all(
      locations.map(async (location) => {
        try {
          return await this.observe(location);
        } catch (error) {
          logger.error({ location: location.name, err: error }, 'jobs not observed, will be tried again');
          return 0;
        }
      }),
    );
    return changed.reduce((sum, count) => sum + count, 0);
  }

  private async observe(location: LocationToObserve): Promise<number> {
    const { dataSource, actor, backendOf } = this.options;
    const runs = await listObservableRuns(dataSource.manager, { locationId: location.id });
    if (runs.length === 0) return 0;
    const backend = backendOf(location);
    if (backend === null) return 0;
    const seen = await backend.observe(runs.map((run) => run.jobId));
    const readings = await mapConcurrently(runs, DIRECTORIES_AT_ONCE, (run) =>
      this.read(run, location, seen.get(run.jobId) ?? { kind: 'unknown' }),
    );
    const observations = readings.flatMap(({ run, meaning }) =>
      meaning.kind === 'unchanged' ? [] : [observationOf(run, meaning)],
    );
    const notes = readings.flatMap(({ run, meaning }) =>
      meaning.kind === 'unchanged' && meaning.waitingFor !== run.waitingReason
        ? [{ runId: run.runId, reason: meaning.waitingFor }]
        : [],
    );
    await noteWaitingReasons(dataSource.manager, notes);
    return recordObservations(dataSource.manager, { actor, observations });
  }

  private async read(
    run: ObservableRun,
    location: LocationToObserve,
    observation: JobObservation,
  ): Promise<Reading> {
    const now = this.options.now();
    const proof = needsProof(observation)
      ? await new AttemptDirectory(location.basePath, run.directory).proof(now)
      : null;
    const unknownSince = this.noteSilence(run, observation, now);
    const meaning = readObservation({
      status: run.status,
      jobId: run.jobId,
      observation,
      proof,
      unknownSince,
    });
    if (meaning.kind === 'ended') this.unknownSince.delete(run.runId);
    return { run, meaning };
  }

  /** Since when the job is unknown, once that is long enough to be worth saying. */
  private noteSilence({ runId }: ObservableRun, observation: JobObservation, now: Date): Date | null {
    if (observation.kind !== 'unknown') {
      this.unknownSince.delete(runId);
      return null;
    }
    const since = this.unknownSince.get(runId) ?? now;
    this.unknownSince.set(runId, since);
    return now.getTime() - since.getTime() >= this.options.unknownAfterSeconds * 1000 ? since : null;
  }
}

function observationOf(
  run: ObservableRun,
  meaning: Exclude<ObservationMeaning, { kind: 'unchanged' }>,
): RunObservation {
  const { runId, attempt } = run;
  return meaning.kind === 'running'
    ? {
        runId,
        attempt,
        seen: 'running',
        endState: null,
        exitCode: null,
        usage: {},
        startedAt: meaning.startedAt,
        why: 'the job runs',
      }
    : {
        runId,
        attempt,
        seen: 'ended',
        endState: meaning.endState,
        exitCode: meaning.exitCode,
        usage: meaning.usage,
        startedAt: null,
        why: meaning.why,
      };
}
