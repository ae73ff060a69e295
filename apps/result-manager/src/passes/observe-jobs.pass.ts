import {
  FENCE_PATIENCE_SECONDS,
  needsProof,
  readObservation,
  type JobId,
  type JobObservation,
  type ObservationMeaning,
  type ProvenAbsence,
} from '@meridian/core';
import { mapConcurrently, type Logger, type Pass } from '@meridian/daemon';
import type { HpcBackend, SiteFiles } from '@meridian/hpc';
import {
  claimLocationsToObserve,
  databaseTime,
  findInstallation,
  listObservableRuns,
  noteWaitingReasons,
  recordObservations,
  type LocationToObserve,
  type ObservableRun,
  type RunObservation,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { AttemptDirectory } from '../collecting/attempt-directory.js';
import { proveAbsence, type AbsenceQuestion, type ForgottenRun } from '../observing/prove-absence.js';

export interface ObserveJobsOptions {
  readonly dataSource: DataSource;
  /** Names this process in run events. */
  readonly actor: string;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Null, having said why, for a location that this daemon cannot ask. */
  readonly backendOf: (location: LocationToObserve) => HpcBackend | null;
  readonly filesOf: (location: LocationToObserve) => SiteFiles | null;
  /** No site is asked more often than this, by however many replicas. */
  readonly intervalMs: number;
  /** How long after its submission a job is looked at first, unless others are looked at anyway; default at once. */
  readonly firstLookMs?: number;
  /** After this long without a word about a job, its run says so. */
  readonly unknownAfterSeconds: number;
  /** After this long without a word about a job that is to be stopped, its site is asked for everything that is alive. */
  readonly forgottenAfterSeconds: number;
  /** The same for any other job; default 15 minutes. */
  readonly lostAfterSeconds?: number;
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
  /** By run: since when its site has not known its job. Forgetting it in a restart only makes people wait longer. */
  private readonly unknownSince = new Map<number, Date>();
  /** By location: when it was last asked for everything that is alive. */
  private readonly censusAt = new Map<number, number>();

  private dueInMs: number | null = null;

  constructor(private readonly options: ObserveJobsOptions) {}

  nextInMs(): number | null {
    return this.dueInMs;
  }

  async run(signal: AbortSignal): Promise<number> {
    if (signal.aborted) return 0;
    const { dataSource, intervalMs, firstLookMs = 0, logger } = this.options;
    this.dueInMs = null;
    const { due, nextInMs } = await claimLocationsToObserve(dataSource.manager, { intervalMs, firstLookMs });
    this.dueInMs = nextInMs;
    const changed = await Promise.all(
      due.map(async (location) => {
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
    const { dataSource, actor, backendOf, filesOf } = this.options;
    const runs = await listObservableRuns(dataSource.manager, { locationId: location.id });
    if (runs.length === 0) return 0;
    const backend = backendOf(location);
    const files = filesOf(location);
    if (backend === null || files === null) return 0;
    const seen = await backend.observe(runs.map((run) => run.jobId));
    for (const run of runs) this.noteSilence(run, observationIn(seen, run));
    const absences = await this.proveAbsences(location, { backend, files }, runs);
    const isProofNeeded = runs.some((run) => needsProof(observationIn(seen, run)));
    const now = isProofNeeded ? await this.earlierOfTwoClocks() : this.options.now();
    const readings = await mapConcurrently(runs, DIRECTORIES_AT_ONCE, (run) =>
      this.read(run, new AttemptDirectory(files, location.basePath, run.directory), {
        now,
        observation: observationIn(seen, run),
        absence: absences.get(run.runId) ?? null,
      }),
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
    directory: AttemptDirectory,
    look: { now: Date; observation: JobObservation; absence: ProvenAbsence | null },
  ): Promise<Reading> {
    const { now, observation, absence } = look;
    const proof = needsProof(observation) ? await directory.proof(now) : null;
    const unknownSince = this.unknownFor(run, this.options.unknownAfterSeconds);
    const meaning = readObservation({
      status: run.status,
      jobId: run.jobId,
      observation,
      // Who stopped a job that was to be stopped need not be asked.
      proof: proof !== null && run.isCancelRequested ? { ...proof, wasStopped: false } : proof,
      unknownSince,
      absence,
    });
    if (meaning.kind === 'ended') this.unknownSince.delete(run.runId);
    return { run, meaning };
  }

  /** A clock that jumped ahead must not make a heartbeat look old: a job is quiet when it is by the database's clock, too. */
  private async earlierOfTwoClocks(): Promise<Date> {
    const [own, shared] = [this.options.now(), await databaseTime(this.options.dataSource.manager)];
    return own < shared ? own : shared;
  }

  private noteSilence({ runId }: ObservableRun, observation: JobObservation): void {
    if (observation.kind !== 'unknown') this.unknownSince.delete(runId);
    else if (!this.unknownSince.has(runId)) this.unknownSince.set(runId, this.options.now());
  }

  /** Since when the job is unknown, once that is as long as `seconds`. */
  private unknownFor({ runId }: ObservableRun, seconds: number): Date | null {
    const since = this.unknownSince.get(runId);
    return since !== undefined && this.options.now().getTime() - since.getTime() >= seconds * 1000
      ? since
      : null;
  }

  /**
   * For runs whose job the site has not known for a while: whether there still is one. One that is to be stopped is asked about
   * soon; any other only when accounting, had it merely been away, would have told what became of it. (Of an array's task that
   * somebody cancels before it starts, Slurm keeps no record at all: its queue forgets it at once, and accounting never has it.)
   */
  private async proveAbsences(
    { id, basePath }: LocationToObserve,
    access: Pick<AbsenceQuestion, 'backend' | 'files'>,
    observed: readonly ObservableRun[],
  ): Promise<ReadonlyMap<number, ProvenAbsence>> {
    const {
      dataSource,
      now,
      forgottenAfterSeconds,
      lostAfterSeconds = FENCE_PATIENCE_SECONDS,
    } = this.options;
    const runs = observed.flatMap((run): ForgottenRun[] => {
      const patience = run.isCancelRequested ? forgottenAfterSeconds : lostAfterSeconds;
      const unknownSince = this.unknownFor(run, patience);
      return unknownSince === null ? [] : [{ run, unknownSince }];
    });
    const asked = this.censusAt.get(id);
    const isTooEarly = asked !== undefined && now().getTime() - asked < forgottenAfterSeconds * 1000;
    if (runs.length === 0 || isTooEarly) return new Map();
    this.censusAt.set(id, now().getTime());
    const installation = await findInstallation(dataSource.manager);
    return proveAbsence({ ...access, installation, basePath, runs, now });
  }
}

const observationIn = (seen: ReadonlyMap<JobId, JobObservation>, { jobId }: ObservableRun): JobObservation =>
  seen.get(jobId) ?? { kind: 'unknown' };

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
        reason: meaning.reason ?? null,
        startedAt: null,
        why: meaning.why,
      };
}
