import type { JobId, JobToken } from '../shared/brand.js';
import type { JsonObject } from '../shared/json.js';

/** What a job asks of the site. */
export interface Resources {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
}

/** One job as a backend gets it: a script that is already on disk, under a name that Meridian chose. */
export interface JobSpec {
  readonly token: JobToken;
  /** Absolute path of the POSIX sh job script at the processing location. */
  readonly scriptPath: string;
  /** Absolute attempt directory: claim marker, result.json and logs live here. */
  readonly directory: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly resources: Resources;
  /** `<pipeline>/<step>`: what people see at the site, and which jobs may go out together. */
  readonly label: string;
}

/** A job that a site still has and that has not ended. */
export interface LiveJob {
  readonly jobId: JobId;
  readonly token: JobToken;
  readonly state: 'queued' | 'running';
}

/** Per job: `unknown` means the request may or may not have taken effect, and must be reconciled. */
export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly token: JobToken; readonly jobId: JobId }
  | { readonly kind: 'rejected'; readonly token: JobToken; readonly reason: string }
  | { readonly kind: 'unknown'; readonly token: JobToken; readonly reason: string };

/** What the site measured; absent members were not measured. */
export interface JobUsage {
  readonly cpuSeconds?: number;
  readonly peakMemoryMb?: number;
  readonly elapsedSeconds?: number;
}

/** How a job ended, in the scheduler's eyes. One table per scheduler maps its own states to these. */
export const JOB_END_STATES = [
  'COMPLETED',
  'FAILED',
  'OUT_OF_MEMORY',
  'TIMEOUT',
  'NODE_FAIL',
  'CANCELLED',
  'LAUNCH_FAILED',
] as const;
export type JobEndState = (typeof JOB_END_STATES)[number];

/** What a scheduler said about one job. `unknown` means it said nothing, and can never finish a run. */
export type JobObservation =
  | { readonly kind: 'queued'; readonly reason?: string }
  | { readonly kind: 'running'; readonly startedAt?: Date }
  | {
      readonly kind: 'finished';
      readonly state: JobEndState;
      readonly exitCode: number | null;
      readonly usage: JobUsage;
      readonly reason?: string;
    }
  | { readonly kind: 'unknown' };

/** `unanswered` is silence: neither found nor provably absent. */
export type TokenLookup =
  | { readonly kind: 'found'; readonly jobId: JobId }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unanswered'; readonly reason: string };

export interface SiteCapabilities {
  readonly backend: string;
  readonly version: string;
  readonly hasAccounting: boolean;
  readonly maxArraySize: number;
  /** Longest time after which a submission that was not seen is provably lost. */
  readonly submissionTimeoutSeconds: number;
  readonly details: JsonObject;
}
