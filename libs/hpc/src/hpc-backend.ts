import type {
  JobId,
  JobObservation,
  JobSpec,
  JobToken,
  SiteCapabilities,
  SubmitOutcome,
  TokenLookup,
} from '@meridian/core';

/** A place that runs jobs. Every adapter passes `hpcBackendContract`; docs/adr says why the port is this small. */
export interface HpcBackend {
  /**
   * One outcome per job, in order. Never throws: a failure whose effect is not known is `unknown`. Submitting a token
   * that the site already has returns the same job.
   */
  submit(jobs: readonly JobSpec[]): Promise<SubmitOutcome[]>;
  /** One answer per id asked for; never throws. A job that the site does not mention is `unknown`, never finished. */
  observe(ids: readonly JobId[]): Promise<Map<JobId, JobObservation>>;
  /** One answer per token asked for; never throws. `absent` only when the site answered and has no such job. */
  findByToken(tokens: readonly JobToken[]): Promise<Map<JobToken, TokenLookup>>;
  /** Asks for jobs to stop and returns before they have; one that is unknown or already finished is no error. */
  cancel(ids: readonly JobId[]): Promise<void>;
  capabilities(): Promise<SiteCapabilities>;
  /** Ends timers and connections of this instance; jobs go on. */
  close(): Promise<void>;
}
