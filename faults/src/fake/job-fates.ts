import type { JobEndState } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import type { FaultKind } from '../ledger.js';
import type { Fate } from './job-runner.js';

/** What becomes of one job at the site, decided when it is accepted. */
export interface JobPlan {
  /** Null for a job that nothing happens to. */
  readonly fault: FaultKind | null;
  readonly fate: Fate;
  /** What the site says of its end; null when its exit code says it. */
  readonly state: JobEndState | null;
  /** Its node fails under it and it is started once more, under the same id. */
  readonly isRequeued: boolean;
}

const FINE: Fate = { reaches: 'record', exitCode: 0, wasStopped: false };
const UNTOUCHED = { fault: null, fate: FINE, state: null, isRequeued: false } as const;

const JOB_FAULTS = {
  node_failed: 4,
  job_requeued: 3,
  job_out_of_memory: 2,
  job_timed_out: 2,
  job_cancelled_at_site: 1,
  launch_failed: 2,
  program_busy: 2,
} as const satisfies Partial<Record<FaultKind, number>>;

/** `trouble`: how likely it is that something happens to a job. */
export function planJob(random: Random, trouble: number): JobPlan {
  if (!random.chance(trouble)) return UNTOUCHED;
  const fault = random.weighted(JOB_FAULTS);
  /** The job script outlives its step, or goes with it. */
  const orRecord = (): Fate['reaches'] => random.pick(['start', 'record'] as const);
  switch (fault) {
    case 'node_failed': {
      const reaches = random.pick(['nothing', 'claim', 'start', 'outputs', 'record'] as const);
      return { ...UNTOUCHED, fault, fate: { ...FINE, reaches }, state: 'NODE_FAIL' };
    }
    case 'job_requeued': {
      const reaches = random.pick(['claim', 'start', 'outputs', 'record'] as const);
      return { ...UNTOUCHED, fault, fate: { ...FINE, reaches }, isRequeued: true };
    }
    case 'job_out_of_memory':
      return {
        ...UNTOUCHED,
        fault,
        fate: { ...FINE, reaches: orRecord(), exitCode: 137 },
        state: 'OUT_OF_MEMORY',
      };
    case 'job_timed_out':
      return {
        ...UNTOUCHED,
        fault,
        fate: { reaches: orRecord(), exitCode: 143, wasStopped: true },
        state: 'TIMEOUT',
      };
    case 'job_cancelled_at_site': {
      const reaches = random.pick(['nothing', 'start', 'record'] as const);
      return { ...UNTOUCHED, fault, fate: { reaches, exitCode: 143, wasStopped: true }, state: 'CANCELLED' };
    }
    case 'launch_failed':
      return { ...UNTOUCHED, fault, fate: { ...FINE, reaches: 'nothing' }, state: 'LAUNCH_FAILED' };
    case 'program_busy':
      return { ...UNTOUCHED, fault, fate: { ...FINE, exitCode: 75 } };
  }
}
