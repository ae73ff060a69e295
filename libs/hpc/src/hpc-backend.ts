import type {
  JobId,
  JobObservation,
  JobSpec,
  JobToken,
  LiveJob,
  SiteCapabilities,
  SubmitOutcome,
  TokenLookup,
} from '@meridian/core';

/** A place that runs jobs. Every adapter passes `hpcBackendContract`; docs/adr says why the port is this small. */
export interface HpcBackend {
  /**
   * One outcome per job, in order. Never throws: a failure whose effect is not known is `unknown`.
   *
   * A token is submitted again only after `findByToken` said that it is absent. Few schedulers refuse a second job of the
   * same name; should there be one all the same, the claim in the attempt directory lets one of them run.
   */
  submit(jobs: readonly JobSpec[]): Promise<SubmitOutcome[]>;
  /** One answer per id asked for; never throws. A job that the site does not mention is `unknown`, never finished. */
  observe(ids: readonly JobId[]): Promise<Map<JobId, JobObservation>>;
  /**
   * One answer per token asked for; never throws. `absent` only when the site answered and has no such job. None of them
   * was submitted before `since`, which bounds how far back a site's accounting is searched.
   */
  findByToken(tokens: readonly JobToken[], since: Date): Promise<Map<JobToken, TokenLookup>>;
  /** Asks for jobs to stop and returns before they have; one that is unknown or already finished is no error. */
  cancel(ids: readonly JobId[]): Promise<void>;
  /**
   * Every job of this installation that has not ended, duplicates and forgotten ones included.
   *
   * @throws DomainError when the site did not answer: silence proves nothing
   */
  listAlive(installation: string): Promise<LiveJob[]>;
  /**
   * What the site is and can do, asked of the site itself: this is its health check.
   *
   * @throws DomainError whose message says in one sentence why no job could be submitted now, and whose action what to do
   */
  capabilities(): Promise<SiteCapabilities>;
  /** Ends timers and connections of this instance; jobs go on. */
  close(): Promise<void>;
}
