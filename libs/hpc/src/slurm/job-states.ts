import type { JobEndState, JobObservation } from '@meridian/core';
import type { SlurmExit, SlurmJob } from './slurm-client.js';

/** How an ended job counts; docs/run-states.md shows what follows. REVOKED is the twin of a job that runs in another cluster. */
const ENDS: Readonly<Record<string, JobEndState>> = {
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  OUT_OF_MEMORY: 'OUT_OF_MEMORY',
  TIMEOUT: 'TIMEOUT',
  DEADLINE: 'TIMEOUT',
  NODE_FAIL: 'NODE_FAIL',
  BOOT_FAIL: 'NODE_FAIL',
  PREEMPTED: 'NODE_FAIL',
  CANCELLED: 'CANCELLED',
  LAUNCH_FAILED: 'LAUNCH_FAILED',
};

const WAITING = new Set([
  'PENDING',
  'REQUEUED',
  'REQUEUE_HOLD',
  'REQUEUE_FED',
  'SPECIAL_EXIT',
  'RESV_DEL_HOLD',
]);
const RUNNING = new Set([
  'RUNNING',
  'CONFIGURING',
  'SUSPENDED',
  'SIGNALING',
  'STAGE_OUT',
  'STOPPED',
  'RESIZING',
]);
/** Flags beside a state that say nothing about whether the job runs. */
const REMARKS = new Set(['UPDATE_DB', 'POWER_UP_NODE', 'RECONFIG_FAIL', 'EXPEDITING']);

/** Reasons with which Slurm keeps a job that it will never start unless somebody changes the job or the site. */
const NEVER = new Set([
  'PartitionTimeLimit',
  'PartitionNodeLimit',
  'PartitionConfig',
  'BadConstraints',
  'DependencyNeverSatisfied',
  'InvalidAccount',
  'InvalidQOS',
  'AccountNotAllowed',
  'QOSNotAllowed',
  'AssocMaxWallDurationPerJobLimit',
  'AssocMaxCpuPerJobLimit',
  'AssocMaxNodePerJobLimit',
  'AssocMaxMemPerJob',
  'QOSMaxWallDurationPerJobLimit',
  'QOSMaxCpuPerJobLimit',
  'QOSMaxNodePerJobLimit',
  'QOSMaxMemoryPerJob',
]);

/**
 * What a row of Slurm's says about a job; `unknown` for every state and flag that is not known here, so that a new one can never end
 * a run.
 *
 * While COMPLETING stands beside a final state, processes of the job may still be alive: that is running. A job that waits after it ran
 * (a requeue) is queued; its second start ends at the claim of the first.
 */
export function observationOf({ states, reason, exit, startedAt, usage }: SlurmJob): JobObservation {
  const words = states.map((state) => state.toUpperCase().trim());
  const ends = words.filter((word) => Object.hasOwn(ENDS, word));
  const known = words.every((word) => Object.hasOwn(ENDS, word) || isOngoing(word) || REMARKS.has(word));
  if (words.length === 0 || !known) return { kind: 'unknown' };
  if (words.includes('COMPLETING')) return running(startedAt);
  if (words.some((word) => WAITING.has(word))) return { kind: 'queued', ...reasonOf(reason) };
  if (words.some((word) => RUNNING.has(word))) return running(startedAt);
  // LAUNCH_FAILED is a flag beside the state it led to. Two ends are no end.
  const others = ends.filter((word) => word !== 'LAUNCH_FAILED');
  const end = ENDS[others.length < ends.length ? 'LAUNCH_FAILED' : (others[0] ?? '')];
  if (end === undefined || others.length > 1) return { kind: 'unknown' };
  return {
    kind: 'finished',
    state: end,
    exitCode: exitCodeOf(end, exit),
    usage,
    ...reasonOf(endReason(reason)),
  };
}

/** Slurm's reason when it says that the job will wait for ever, else null. */
export const neverStartsBecause = ({ states, reason }: SlurmJob): string | null =>
  states.includes('PENDING') && reason !== null && NEVER.has(reason) ? reason : null;

const isOngoing = (word: string): boolean => word === 'COMPLETING' || WAITING.has(word) || RUNNING.has(word);

const running = (startedAt: Date | null): JobObservation =>
  startedAt === null ? { kind: 'running' } : { kind: 'running', startedAt };

const reasonOf = (reason: string | null): { reason?: string } => (reason === null ? {} : { reason });

/** Ended jobs keep the last thing they waited for as their reason; only these say something about the end. */
const endReason = (reason: string | null): string | null =>
  reason !== null &&
  /Fail|Down|Limit|Launch|Memory|Prolog|Bad|Error|Invalid/i.test(reason) &&
  reason !== 'NonZeroExitCode'
    ? reason
    : null;

/** As a shell counts: 128 and the number of the signal. */
function exitCodeOf(end: JobEndState, exit: SlurmExit | null): number | null {
  if (end === 'COMPLETED') return exit?.status ?? 0;
  if (exit === null) return null;
  return exit.signal > 0 ? 128 + exit.signal : exit.status;
}
