import type { JobEndState, JobObservation, JobUsage } from '../execution/job.js';
import { FENCED_EXIT_CODE, REQUEUED_EXIT_CODE } from '../output/result-record.js';
import type { JobId } from '../shared/brand.js';

/** What the attempt's directory proves, looked at when the site alone does not settle it. */
export interface DirectoryProof {
  /** The job wrote its record, which is the last thing it does. */
  readonly hasRecord: boolean;
  /** The record says that somebody stopped the job, and cannot say who: a time limit, a requeue, an operator. */
  readonly wasStopped?: boolean;
  /** The scheduler started the job a second time, so the first start is lost. */
  readonly wasRequeued: boolean;
  /** Seconds since the job last touched its heartbeat or claim; null when neither is there. */
  readonly quietSeconds: number | null;
}

/** A site that answered what is alive, without this job: with nothing in the directory either, there is no job any more. */
export interface ProvenAbsence {
  readonly answeredAt: Date;
  /** Since when the site has not known the job. */
  readonly unknownSince: Date;
}

/** What one look at the site and the directory means for a run. */
export type ObservationMeaning =
  | { readonly kind: 'running'; readonly startedAt: Date | null }
  | {
      readonly kind: 'ended';
      readonly endState: JobEndState | null;
      readonly exitCode: number | null;
      readonly usage: JobUsage;
      /** What the site says about the end. */
      readonly reason?: string;
      readonly why: string;
    }
  /** Nothing changes; the run waits for this, or for nothing in particular. */
  | { readonly kind: 'unchanged'; readonly waitingFor: string | null };

/** How long the copy that holds the claim may be silent before it counts as dead; many heartbeats. */
export const FENCE_PATIENCE_SECONDS = 900;

/** True when the directory has to be looked at before `readObservation` can decide. */
export const needsProof = (observation: JobObservation): boolean =>
  observation.kind === 'unknown' || isFenced(observation) || isFailedSomehow(observation);

/**
 * Whether a run's job runs, ended, or neither can be said.
 *
 * The site's silence never ends a run. The job's own record does, and so does the mark of a second start. A copy that found the
 * claim taken says nothing about the copy that took it: its end is ignored until that one has been silent for very long.
 * A run whose job is proven to be gone ends too: a site that keeps no accounts will never say how, and nobody else is going to.
 */
export function readObservation(look: {
  readonly status: 'SUBMITTED' | 'RUNNING';
  readonly jobId: JobId;
  readonly observation: JobObservation;
  readonly proof: DirectoryProof | null;
  /** Since when the site has not known the job, when that is long enough to tell people. */
  readonly unknownSince: Date | null;
  /** Looked for soon when the run's cancellation was asked for, otherwise when its job has been unknown for long. */
  readonly absence?: ProvenAbsence | null;
}): ObservationMeaning {
  const { status, jobId, observation, proof, unknownSince, absence = null } = look;
  switch (observation.kind) {
    case 'queued':
      return unchanged(observation.reason ? `queued at the site: ${observation.reason}` : null);
    case 'running':
      return status === 'RUNNING'
        ? unchanged(null)
        : { kind: 'running', startedAt: observation.startedAt ?? null };
    case 'finished':
      if (isFenced(observation) && proof?.hasRecord !== true && isAlive(proof))
        return unchanged('a second copy of the job ended; waiting for the first one');
      return endedAs(
        isFailedSomehow(observation) && proof?.wasRequeued === true
          ? { ...observation, exitCode: REQUEUED_EXIT_CODE }
          : observation,
      );
    case 'unknown':
      if (proof?.wasRequeued === true)
        return ended(REQUEUED_EXIT_CODE, 'the scheduler started the job a second time', 'FAILED');
      // Why a job was stopped is known to its site alone: a silence of moments must not make a requeue somebody's cancellation.
      if (proof?.hasRecord === true && proof.wasStopped === true && unknownSince === null)
        return unchanged('the job was stopped; waiting for the site to say why');
      if (proof?.hasRecord === true)
        return ended(null, 'the job left its record; the site no longer knows the job');
      if (absence !== null) return ended(null, wordsOf(absence, jobId));
      return unchanged(
        unknownSince === null
          ? null
          : `the site has not known job ${jobId} since ${unknownSince.toISOString()}`,
      );
  }
}

const isFenced = (observation: JobObservation): boolean =>
  observation.kind === 'finished' && observation.exitCode === FENCED_EXIT_CODE;

/** The accounting of some sites keeps exit codes to itself. */
const isFailedSomehow = (observation: JobObservation): boolean =>
  observation.kind === 'finished' && observation.state === 'FAILED' && observation.exitCode === null;

const isAlive = (proof: DirectoryProof | null): boolean =>
  proof === null || (proof.quietSeconds ?? 0) < FENCE_PATIENCE_SECONDS;

const wordsOf = ({ answeredAt, unknownSince }: ProvenAbsence, jobId: JobId): string =>
  `the site answered at ${answeredAt.toISOString()} that nothing of this run is alive, has not known job ${jobId} since ` +
  `${unknownSince.toISOString()}, and the job left no record`;

const unchanged = (waitingFor: string | null): ObservationMeaning => ({ kind: 'unchanged', waitingFor });

const ended = (
  exitCode: number | null,
  why: string,
  endState: JobEndState | null = null,
): ObservationMeaning => ({
  kind: 'ended',
  endState,
  exitCode,
  usage: {},
  why,
});

const endedAs = (finished: Extract<JobObservation, { kind: 'finished' }>): ObservationMeaning => ({
  ...finished,
  kind: 'ended',
  endState: finished.state,
  why: endOf(finished),
});

const endOf = ({ state, exitCode }: { state: JobEndState; exitCode: number | null }): string =>
  `the job ended as ${state}${exitCode === null ? '' : ` with exit code ${exitCode}`}`;
