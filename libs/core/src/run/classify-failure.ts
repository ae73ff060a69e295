import type { JobEndState, JobObservation } from '../execution/job.js';
import {
  FENCED_EXIT_CODE,
  NOT_CLAIMABLE_EXIT_CODE,
  RECORD_NOT_WRITTEN_EXIT_CODE,
  REQUEUED_EXIT_CODE,
} from '../output/result-record.js';
import { FAILURE_CLASSES, type FailureClass } from './failure-class.js';

/** Why an attempt failed: one class for the retry policy, one sentence for people. */
export interface Failure {
  readonly class: FailureClass;
  readonly reason: string;
}

/** Exit codes of the step's own program that the container contract gives a meaning. */
export const EXIT_BAD_DATA = 65;
export const EXIT_TRANSIENT = 75;

/** Exit codes of the job script itself, told only by the scheduler: such a job leaves no record. */
const SCRIPT_FAILURES: Readonly<Record<number, string>> = {
  [FENCED_EXIT_CODE]: 'another copy of this job held the claim, and left no record',
  [REQUEUED_EXIT_CODE]: 'the scheduler started the job a second time, so the first start was lost',
  [RECORD_NOT_WRITTEN_EXIT_CODE]: 'the job could not write its record: is the disk full?',
  [NOT_CLAIMABLE_EXIT_CODE]: 'the job could not write into its attempt directory',
};

/** What the end of a job means when its own record does not say more; null is no failure. */
const FAILURE_OF_STATE = {
  COMPLETED: null,
  FAILED: null,
  OUT_OF_MEMORY: { class: 'MEMORY', reason: 'the job used more memory than it asked for' },
  TIMEOUT: { class: 'WALLTIME', reason: 'the job ran into its time limit' },
  NODE_FAIL: { class: 'INFRASTRUCTURE', reason: 'the node failed, or the site took it away' },
  CANCELLED: {
    class: 'CANCELLED_EXTERNALLY',
    reason: 'the job was cancelled at the site, and nobody asked Meridian for it',
  },
  LAUNCH_FAILED: { class: 'INFRASTRUCTURE', reason: 'the site could not start the job' },
} as const satisfies Record<JobEndState, Failure | null>;

/** The part of the job's own record that tells how it ended. */
export interface RecordedEnd {
  readonly exitCode: number;
  readonly wasStopped: boolean;
  readonly diskWasFull: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export interface EndedJob {
  readonly observation: JobObservation;
  /** Null when the job left no record that can be read. */
  readonly record: RecordedEnd | null;
  readonly walltimeMinutes: number;
  /** The software version's `exit_codes`: exit code → failure class, over the contract's own. */
  readonly exitCodeMap: Readonly<Record<string, unknown>>;
  readonly cancelRequested: boolean;
}

/**
 * Why an ended job failed, or null when its program did what it promised to exit with: 0.
 *
 * The record is the job's own word and wins over the scheduler's, with one exception: a program that exits 0 although the
 * site killed part of it for its memory has not proven anything.
 */
export function classifyFailure({
  observation,
  record,
  walltimeMinutes,
  exitCodeMap,
  cancelRequested,
}: EndedJob): Failure | null {
  const state = observation.kind === 'finished' ? observation.state : 'COMPLETED';
  if (record !== null && record.exitCode === 0 && state !== 'OUT_OF_MEMORY') return null;
  if (cancelRequested)
    return {
      class: 'CANCELLED_EXTERNALLY',
      reason: 'the job was stopped because its cancellation was asked for',
    };
  const byState = FAILURE_OF_STATE[state];
  if (byState !== null) return { class: byState.class, reason: withSiteReason(byState.reason, observation) };
  // What a requeue stops leaves a record of that; the second start, which found the claim taken, says what it was.
  const wasRequeued = observation.kind === 'finished' && observation.exitCode === REQUEUED_EXIT_CODE;
  if (record === null || (record.wasStopped && wasRequeued)) return failureWithoutRecord(observation);
  if (record.wasStopped) return failureOfStoppedJob(record, walltimeMinutes);
  const failure = failureOfExitCode(record.exitCode, exitCodeMap);
  return failure.class === 'SOFTWARE' && record.diskWasFull ? onFullDisk(failure) : failure;
}

/** Somebody told the job to stop and the site does not say why: after its time limit it can only have been that. */
function failureOfStoppedJob({ startedAt, endedAt }: RecordedEnd, walltimeMinutes: number): Failure {
  const minutes = (endedAt.getTime() - startedAt.getTime()) / 60_000;
  return minutes >= walltimeMinutes * 0.95 ? FAILURE_OF_STATE.TIMEOUT : FAILURE_OF_STATE.CANCELLED;
}

function failureWithoutRecord(observation: JobObservation): Failure {
  const exitCode = observation.kind === 'finished' ? observation.exitCode : null;
  const known = exitCode === null ? undefined : SCRIPT_FAILURES[exitCode];
  const reason =
    known ??
    `the job ended${exitCode === null ? '' : ` with exit code ${exitCode}`} without leaving its record`;
  return { class: 'INFRASTRUCTURE', reason: withSiteReason(reason, observation) };
}

/** Out of space is no fault of the software, and goes away when somebody makes room. */
export const onFullDisk = ({ reason }: Failure): Failure => ({
  class: 'INFRASTRUCTURE',
  reason: `the disk is full: ${reason}`,
});

/** A class the map names wrongly is ignored: a typing mistake in a definition must not hide a failure. */
function failureOfExitCode(exitCode: number, exitCodeMap: Readonly<Record<string, unknown>>): Failure {
  const mapped = FAILURE_CLASSES.find((known) => known === exitCodeMap[String(exitCode)]);
  if (mapped !== undefined)
    return {
      class: mapped,
      reason: `the program exited with code ${exitCode}, which its version declares as ${mapped}`,
    };
  if (exitCode === EXIT_BAD_DATA)
    return { class: 'BAD_DATA', reason: 'the program refused its input data (exit code 65)' };
  if (exitCode === EXIT_TRANSIENT)
    return { class: 'TRANSIENT', reason: 'the program asked to be tried again later (exit code 75)' };
  const signal = exitCode > 128 ? ` (killed by signal ${exitCode - 128})` : '';
  return { class: 'SOFTWARE', reason: `the program failed with exit code ${exitCode}${signal}` };
}

const withSiteReason = (reason: string, observation: JobObservation): string =>
  observation.kind === 'finished' && observation.reason !== undefined && observation.reason !== ''
    ? `${reason} (the site says: ${observation.reason})`
    : reason;
