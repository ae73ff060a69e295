import {
  DomainError,
  parseJobToken,
  messageOf,
  type JobId,
  type JobObservation,
  type JobSpec,
  type JobToken,
  type LiveJob,
  type SiteCapabilities,
  type SubmitOutcome,
  type TokenLookup,
} from '@meridian/core';
import { access } from 'node:fs/promises';
import type { HpcBackend } from '../hpc-backend.js';
import type { Capacity } from './choose-jobs.js';
import { JobRunner } from './job-runner.js';
import { JobStore, type JobEnd } from './job-store.js';
import { livenessOf, sendSignal } from './process-table.js';
import { seenState, type SeenState } from './seen-state.js';

export interface LocalBackendOptions {
  /** Where the jobs are remembered. All processes that share it run on one machine. */
  readonly stateDirectory: string;
  readonly capacity: Capacity;
  /** The environment that jobs start with; PATH at least. Nothing of this process's own environment reaches them. */
  readonly environment: Readonly<Record<string, string>>;
  /** False for a process that only watches: it observes, finds and cancels, and leaves starting to the other one. */
  readonly startsJobs: boolean;
  /** How long a job may take to stop after TERM, before it is killed. */
  readonly stopSeconds?: number;
  /** How long a job that was taken out of the queue may take to say who it is, before it is started again. */
  readonly restartAfterMs?: number;
  /** How often to look at jobs that an earlier process started. */
  readonly pollMs?: number;
  /** How long the end of a job is remembered. */
  readonly keepEndsMs?: number;
  readonly onError?: (error: unknown) => void;
  readonly now?: () => Date;
}

const DEFAULTS = {
  stopSeconds: 30,
  restartAfterMs: 5_000,
  pollMs: 500,
  keepEndsMs: 7 * 24 * 3_600_000,
  onError: (): void => undefined,
  now: (): Date => new Date(),
};

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Jobs as processes of this machine; a job's id is its token.
 *
 * All memory is in files, so a daemon may be killed and started again at any time: jobs go on without it, their time limit
 * included. CPUs and memory are counted, not enforced.
 */
export class LocalBackend implements HpcBackend {
  private readonly store: JobStore;
  private readonly runner: JobRunner | null;
  private readonly now: () => Date;

  constructor(private readonly options: LocalBackendOptions) {
    const settings = { ...DEFAULTS, ...options };
    this.now = settings.now;
    this.store = new JobStore(options.stateDirectory);
    this.runner = options.startsJobs ? new JobRunner(this.store, settings) : null;
    this.runner?.wake();
  }

  async submit(jobs: readonly JobSpec[]): Promise<SubmitOutcome[]> {
    const outcomes: SubmitOutcome[] = [];
    for (const job of jobs) outcomes.push(await this.submitOne(job));
    this.runner?.wake();
    return outcomes;
  }

  async observe(ids: readonly JobId[]): Promise<Map<JobId, JobObservation>> {
    this.runner?.wake();
    return new Map(await Promise.all(ids.map(async (id) => [id, await this.observeOne(id)] as const)));
  }

  async findByToken(tokens: readonly JobToken[]): Promise<Map<JobToken, TokenLookup>> {
    return new Map(
      await Promise.all(tokens.map(async (token) => [token, await this.findOne(token)] as const)),
    );
  }

  async listAlive(installation: string): Promise<LiveJob[]> {
    await this.store.open();
    const known = [...(await this.store.queued()), ...(await this.store.running())];
    const alive: LiveJob[] = [];
    for (const { token } of known.filter((job) => parseJobToken(job.token)?.installation === installation)) {
      const { kind } = await seenState(this.store, token);
      if (kind === 'silent') throw elsewhere(token);
      if (kind === 'queued') alive.push({ jobId: jobIdOf(token), token, state: 'queued' });
      if (kind === 'starting' || kind === 'running')
        alive.push({ jobId: jobIdOf(token), token, state: 'running' });
    }
    return alive;
  }

  async cancel(ids: readonly JobId[]): Promise<void> {
    await this.store.open();
    for (const id of ids.filter((candidate) => TOKEN.test(candidate))) await this.cancelOne(id);
    this.runner?.wake();
  }

  capabilities(): Promise<SiteCapabilities> {
    const { cpus, memoryMb, jobs } = this.options.capacity;
    return Promise.resolve({
      backend: 'local',
      version: '1',
      hasAccounting: true,
      maxArraySize: 1,
      submissionTimeoutSeconds: 0,
      details: { cpus, memory_mb: memoryMb, jobs },
    });
  }

  async close(): Promise<void> {
    await this.runner?.close();
  }

  private async submitOne(job: JobSpec): Promise<SubmitOutcome> {
    const { token, scriptPath } = job;
    if (!TOKEN.test(token)) return { kind: 'rejected', token, reason: 'the token is no file name' };
    try {
      await this.store.open();
      const state = await this.store.stateOf(token);
      if (state.kind === 'absent') {
        if (!(await isReadable(scriptPath)))
          return { kind: 'rejected', token, reason: `there is no job script ${scriptPath}` };
        await this.store.enqueue(job, this.now());
      }
      return { kind: 'accepted', token, jobId: jobIdOf(token) };
    } catch (error) {
      return { kind: 'unknown', token, reason: messageOf(error) };
    }
  }

  private async observeOne(id: JobId): Promise<JobObservation> {
    try {
      await this.store.open();
      return TOKEN.test(id) ? observationOf(await seenState(this.store, id)) : { kind: 'unknown' };
    } catch {
      return { kind: 'unknown' };
    }
  }

  private async findOne(token: JobToken): Promise<TokenLookup> {
    try {
      await this.store.open();
      const state = TOKEN.test(token) ? await this.store.stateOf(token) : { kind: 'absent' };
      return state.kind === 'absent' ? { kind: 'absent' } : { kind: 'found', jobId: jobIdOf(token) };
    } catch (error) {
      return { kind: 'unanswered', reason: messageOf(error) };
    }
  }

  private async cancelOne(id: JobId): Promise<void> {
    const state = await this.store.stateOf(id);
    if (state.kind === 'absent' || state.kind === 'finished') return;
    if (state.kind === 'queued' && (await this.store.cancelQueued(id))) return;
    // The wrapper looks for the mark itself when it starts, so a job caught between queue and process is stopped, too.
    await this.store.markStopping(id, this.now());
    const now = await this.store.stateOf(id);
    if (now.kind === 'running' && livenessOf(now.process) === 'alive') sendSignal(now.process.pid, 'SIGTERM');
  }
}

function observationOf(state: SeenState): JobObservation {
  switch (state.kind) {
    case 'absent':
    case 'silent':
      return { kind: 'unknown' };
    case 'queued':
    case 'starting':
      return { kind: 'queued' };
    case 'running':
      return { kind: 'running', startedAt: state.process.startedAt };
    case 'finished':
      return finished(state.end);
  }
}

const finished = ({ state, exitCode, elapsedSeconds, reason }: JobEnd): JobObservation => ({
  kind: 'finished',
  state,
  exitCode,
  usage: elapsedSeconds === undefined ? {} : { elapsedSeconds },
  ...(reason === undefined ? {} : { reason }),
});

const jobIdOf = (token: JobToken): JobId => token as string as JobId;

const elsewhere = (token: JobToken): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'local.job_elsewhere',
    message: `Whether the job ${token} is alive cannot be seen from this machine: another one started it.`,
    action: 'Run the workflow-manager on the machine that started it, or wait until that job has ended.',
  });

const isReadable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
