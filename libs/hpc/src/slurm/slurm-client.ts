import type { JobUsage, Resources } from '@meridian/core';

/** What `exit_code` of Slurm holds: how the batch script ended. */
export interface SlurmExit {
  readonly status: number;
  /** 0 when no signal ended it. */
  readonly signal: number;
}

/**
 * Which job it is.
 *
 * An array is one job until its tasks start: `pending` holds the indices of those that have not, as Slurm writes them
 * (`0-99,104`), and each of the others is a `task`.
 */
export type SlurmJobKey =
  | { readonly kind: 'single'; readonly id: number }
  | { readonly kind: 'task'; readonly arrayId: number; readonly index: number; readonly id: number | null }
  | { readonly kind: 'pending'; readonly arrayId: number; readonly indices: string };

/** One row of what Slurm knows, the same from every source; what a source does not tell is null or empty. */
export interface SlurmJob {
  readonly key: SlurmJobKey;
  /** Empty where the source has no names (the state list). */
  readonly name: string;
  /** The state and its flags as Slurm writes them, upper case: `['RUNNING', 'COMPLETING']`. Empty: not told. */
  readonly states: readonly string[];
  readonly reason: string | null;
  /** Null while it runs, and where the source is known to lie about it. */
  readonly exit: SlurmExit | null;
  readonly startedAt: Date | null;
  readonly usage: JobUsage;
}

/** One batch job, or one array when `indices` is set. */
export interface SlurmSubmission {
  readonly name: string;
  readonly comment: string;
  /** The whole script, `#!` line included; it sets its own environment. */
  readonly script: string;
  readonly workingDirectory: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly resources: Resources;
  /** `0-99,104`; null for a single job. */
  readonly indices: string | null;
}

export interface SlurmAcceptance {
  readonly jobId: number;
  /** Slurm's own words when it accepted the job and said in the same breath that it can never start; else null. */
  readonly neverStarts: string | null;
}

export interface SlurmPartition {
  readonly name: string;
  readonly isUp: boolean;
  readonly maxMinutes: number | null;
}

/** The cluster as it describes itself. */
export interface SlurmSite {
  /** `22.05.8`. */
  readonly version: string;
  readonly cluster: string;
  readonly hasAccounting: boolean;
  /** Largest number of tasks in one array; an index is always below it. */
  readonly maxArraySize: number;
  /** Slurm's MessageTimeout: how long a request may still be on its way. */
  readonly messageTimeoutSeconds: number;
  readonly partitions: readonly SlurmPartition[];
  /** For people: API version, host, and the like. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Which jobs accounting is asked for. */
export type AccountingQuery =
  /** By the ids of jobs or arrays. */
  | { readonly kind: 'ids'; readonly ids: readonly number[] }
  /** All of our user's since then. */
  | { readonly kind: 'since'; readonly since: Date };

/** What a request of a site is for. */
export type RequestKind = 'submit' | 'status' | 'accounting' | 'cancel' | 'site';

/** The scheduler answered, and the answer is no. */
export class SlurmRefusal extends Error {}

/** Nothing was asked: there is no connection, or the answer proves that the request was not carried out. Try later. */
export class SlurmUnreachable extends Error {}

/** The request may have been carried out: the answer is missing, cut off, or says nothing. */
export class SlurmSilence extends Error {}

/**
 * What Meridian needs of one Slurm, over whatever wire. Each method is one request where Slurm has one for it.
 *
 * All of them throw `SlurmRefusal`, `SlurmUnreachable` or `SlurmSilence`, and never return what they did not hear.
 */
export interface SlurmClient {
  /** Hands in one job or one array. Only a `SlurmRefusal` or `SlurmUnreachable` proves that there is no job. */
  submit(submission: SlurmSubmission): Promise<SlurmAcceptance>;
  /**
   * Where these jobs and arrays stand, from the queue, by the cheapest request there is. More jobs than asked for may be in the
   * answer, and those that left the queue are not. Exit codes are there at least for what FAILED.
   */
  listStates(ids: readonly number[]): Promise<SlurmJob[]>;
  /** All of our user's jobs in the queue, with their names. */
  listJobs(): Promise<SlurmJob[]>;
  /** What accounting knows; called only where `describe` said that there is any. */
  account(query: AccountingQuery): Promise<SlurmJob[]>;
  /** Asks for jobs (`123`) or tasks (`123_4`) to be cancelled; those that ended or never were are no error. */
  cancel(ids: readonly string[]): Promise<void>;
  /**
   * @throws DomainError whose message says in one sentence why jobs could not be run through this client, and whose action
   * what to do: `slurm.unreachable`, `slurm.token_refused`, `slurm.key_refused`, `slurm.host_key_changed`, `slurm.api_version`, …
   */
  describe(): Promise<SlurmSite>;
  close(): Promise<void>;
}
