import type {
  JobEndState,
  JobId,
  JobObservation,
  JobSpec,
  JobToken,
  JobUsage,
  LiveJob,
} from '@meridian/core';

/** `unknown_before`: the request never arrived. `unknown_after`: the job is there, only the reply was lost. */
export type SubmitFault = 'reject' | 'unknown_before' | 'unknown_after';
export type SiteRequest = 'submit' | 'observe' | 'findByToken' | 'listAlive' | 'cancel';

export interface FakeEnd {
  readonly state: JobEndState;
  readonly exitCode: number | null;
  readonly usage?: JobUsage;
}

export interface FakeSiteOptions {
  /** Instant mode: every job runs this as soon as it is accepted, and ends with what it returns. It may write result.json. */
  readonly run?: (job: JobSpec) => FakeEnd | Promise<FakeEnd>;
  /** Awaited before every answer: a slow site, or one that a test holds. */
  readonly answer?: (request: SiteRequest) => Promise<void>;
}

interface FakeJob {
  readonly spec: JobSpec;
  observation: JobObservation;
}

/** The state behind fake backends, and the handle by which a test makes things happen to jobs. */
export class FakeSite {
  /** While true, observing says `unknown` and finding says `unanswered`. */
  isSilent = false;
  /** How many requests of each kind were made, whatever the number of jobs in them. */
  readonly requests: Record<SiteRequest, number> = {
    submit: 0,
    observe: 0,
    findByToken: 0,
    listAlive: 0,
    cancel: 0,
  };

  private readonly jobs = new Map<JobId, FakeJob>();
  private readonly byToken = new Map<JobToken, JobId>();
  private readonly starts = new Map<JobToken, number>();
  private readonly faults: SubmitFault[] = [];
  private duplicates = 0;
  private lastId = 1000;

  constructor(private readonly options: FakeSiteOptions = {}) {}

  /** The next `count` jobs that are submitted fail like this. */
  failNextSubmits(fault: SubmitFault, count = 1): void {
    for (let index = 0; index < count; index += 1) this.faults.push(fault);
  }

  /** The next `count` jobs that are accepted exist twice, as when a scheduler repeats a request by itself. */
  duplicateNextSubmits(count = 1): void {
    this.duplicates += count;
  }

  /** How often a job under this token was started. */
  executionsOf = (token: JobToken): number => this.starts.get(token) ?? 0;

  jobOf = (token: JobToken): JobId | undefined => this.byToken.get(token);

  /** Queued to running. */
  start(id: JobId, startedAt?: Date): void {
    const job = this.jobs.get(id);
    if (job?.observation.kind !== 'queued') return;
    this.countStart(job.spec.token);
    job.observation = startedAt === undefined ? { kind: 'running' } : { kind: 'running', startedAt };
  }

  /** Ends a job that has not ended yet. */
  finish(id: JobId, end: FakeEnd): void {
    const job = this.jobs.get(id);
    if (job === undefined || job.observation.kind === 'finished') return;
    job.observation = { kind: 'finished', state: end.state, exitCode: end.exitCode, usage: end.usage ?? {} };
  }

  /** The site forgets the job, as a scheduler does that was wiped. */
  vanish(id: JobId): void {
    const token = this.jobs.get(id)?.spec.token;
    this.jobs.delete(id);
    if (token !== undefined && this.byToken.get(token) === id) this.byToken.delete(token);
  }

  cancel(id: JobId): void {
    this.finish(id, { state: 'CANCELLED', exitCode: null });
  }

  observation = (id: JobId): JobObservation => this.jobs.get(id)?.observation ?? { kind: 'unknown' };

  /** The jobs that have not ended, oldest first. */
  alive = (): LiveJob[] =>
    [...this.jobs].flatMap(
      ([
        jobId,
        {
          spec,
          observation: { kind },
        },
      ]) => (kind === 'queued' || kind === 'running' ? [{ jobId, token: spec.token, state: kind }] : []),
    );

  takeSubmitFault = (): SubmitFault | undefined => this.faults.shift();

  async request(kind: SiteRequest): Promise<void> {
    this.requests[kind] += 1;
    await this.options.answer?.(kind);
  }

  /** The job's id; a token that is there already keeps the one it has. */
  accept(spec: JobSpec): JobId {
    const known = this.jobOf(spec.token);
    if (known !== undefined) return known;
    const id = this.add(spec);
    this.byToken.set(spec.token, id);
    if (this.duplicates > 0) {
      this.duplicates -= 1;
      this.add(spec);
    }
    return id;
  }

  private add(spec: JobSpec): JobId {
    this.lastId += 1;
    const id = String(this.lastId) as JobId;
    this.jobs.set(id, { spec, observation: { kind: 'queued' } });
    if (this.options.run !== undefined) void this.runNow(id, spec, this.options.run);
    return id;
  }

  private async runNow(id: JobId, spec: JobSpec, run: NonNullable<FakeSiteOptions['run']>): Promise<void> {
    this.start(id);
    try {
      this.finish(id, await run(spec));
    } catch {
      this.finish(id, { state: 'LAUNCH_FAILED', exitCode: null });
    }
  }

  private countStart(token: JobToken): void {
    this.starts.set(token, this.executionsOf(token) + 1);
  }
}
