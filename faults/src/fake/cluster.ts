import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ATTEMPT_FILES,
  NOT_CLAIMABLE_EXIT_CODE,
  RECORD_NOT_WRITTEN_EXIT_CODE,
  type JobEndState,
  type JobId,
  type JobObservation,
  type JobSpec,
  type JobToken,
  type LiveJob,
  type SubmitOutcome,
  type TokenLookup,
} from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import type { Ledger } from '../ledger.js';
import type { Clock } from './clock.js';
import { planJob, type JobPlan } from './job-fates.js';
import { NoRoom, type JobRunner } from './job-runner.js';

export interface ClusterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly runner: JobRunner;
  readonly hasAccounting: boolean;
  /** How likely it is that something happens to a job. */
  readonly jobTrouble: number;
  /** How long the queue shows a job that has ended. */
  readonly minJobAgeMs: number;
}

interface Job {
  readonly id: JobId;
  readonly spec: JobSpec;
  readonly submittedAt: number;
  startsAt: number;
  endsAt: number;
  plan: JobPlan;
  state: 'queued' | 'running' | 'finished';
  end: { readonly state: JobEndState; readonly exitCode: number | null } | null;
  endedAt: number;
  isInQueue: boolean;
  wasSeenEnded: boolean;
  recordTries: number;
  lastBeat: number;
}

/** The longest that a submission may be under way; what the backend tells Meridian. */
export const SUBMISSION_TIMEOUT_SECONDS = 60;

const RECORD_TRIES = 4;
const RECORD_RETRY_MS = 10_000;
const BEAT_MS = 30_000;

/** A scheduler with nodes, a queue that forgets and accounting that lags. It refuses no second job of the same name, as Slurm does not. */
export class Cluster {
  isSilent = false;
  isAccountingDown = false;
  /** No faults of its own any more. */
  isCalm = false;
  /** Jobs that Meridian's requests brought about, by attempt. */
  readonly submissions = new Map<JobToken, number>();

  private readonly jobs = new Map<JobId, Job>();
  private readonly late: { readonly at: number; readonly specs: readonly JobSpec[] }[] = [];
  private lastId = 1000;

  constructor(private readonly options: ClusterOptions) {}

  submit(specs: readonly JobSpec[]): SubmitOutcome[] {
    const { random, ledger } = this.options;
    return specs.map((spec): SubmitOutcome => {
      const { token } = spec;
      if (!this.isCalm && random.chance(0.04)) {
        ledger.countForJob('submission_rejected', token, '');
        return { kind: 'rejected', token, reason: 'the site was told to reject it' };
      }
      this.submissions.set(token, (this.submissions.get(token) ?? 0) + 1);
      const jobs = [this.add(spec)];
      if (!this.isCalm && random.chance(0.15)) {
        jobs.push(this.add(spec));
        ledger.count('submission_doubled', `${token} is jobs ${jobs.map((job) => job.id).join(' and ')}`);
      }
      return { kind: 'accepted', token, jobId: random.pick(jobs).id };
    });
  }

  /** The sender has given up; the site has not. */
  submitLater(specs: readonly JobSpec[], at: number): void {
    this.late.push({ at, specs });
  }

  observe(id: JobId): JobObservation {
    const job = this.jobs.get(id);
    if (this.isSilent || job === undefined) return { kind: 'unknown' };
    if (!job.isInQueue && (!this.options.hasAccounting || this.isAccountingDown)) return { kind: 'unknown' };
    if (job.state !== 'finished' || job.end === null)
      return job.state === 'queued' ? { kind: 'queued' } : { kind: 'running' };
    job.wasSeenEnded = true;
    return { kind: 'finished', ...job.end, usage: {} };
  }

  find(token: JobToken, since: Date): TokenLookup {
    if (this.isSilent) return { kind: 'unanswered', reason: 'the scheduler does not answer' };
    const named = [...this.jobs.values()].filter(({ spec }) => spec.token === token);
    const queued = named.filter((job) => job.isInQueue);
    const known = this.options.hasAccounting && !this.isAccountingDown ? named : queued;
    const found = queued.length > 0 ? queued : known.filter((job) => job.submittedAt >= since.getTime());
    // Of two copies a scheduler may name either.
    if (found.length > 0) return { kind: 'found', jobId: this.options.random.pick(found).id };
    return this.isAccountingDown && this.options.hasAccounting
      ? { kind: 'unanswered', reason: 'accounting does not answer' }
      : { kind: 'absent' };
  }

  /** The jobs that have not ended. */
  alive(): LiveJob[] {
    return [...this.jobs.values()].flatMap(({ id, spec, state }) =>
      state === 'finished' ? [] : [{ jobId: id, token: spec.token, state }],
    );
  }

  get isQuiet(): boolean {
    return this.late.length === 0 && this.alive().length === 0;
  }

  cancel(ids: readonly JobId[]): void {
    const now = this.options.clock.milliseconds;
    for (const job of ids.flatMap((id) => this.jobs.get(id) ?? [])) {
      if (job.state === 'finished') continue;
      const hasTime = job.state === 'running' && this.options.random.chance(0.5);
      const reaches = job.state === 'queued' ? 'nothing' : hasTime ? 'record' : 'start';
      // A program that ended just before keeps what it did.
      const fate = { reaches, exitCode: 143, wasStopped: true } as const;
      job.plan = { fault: job.plan.fault, fate, state: 'CANCELLED', isRequeued: false };
      job.startsAt = Math.min(job.startsAt, now);
      job.endsAt = Math.min(job.endsAt, now + 2_000);
    }
  }

  /** What has come due by now: arrivals, starts, ends, forgetting. */
  async advance(): Promise<void> {
    const now = this.options.clock.milliseconds;
    for (const arrival of this.late.splice(0)) {
      if (arrival.at > now) this.late.push(arrival);
      else this.submit(arrival.specs);
    }
    for (const job of this.jobs.values()) {
      if (job.state === 'queued' && job.startsAt <= now) await this.start(job);
      if (job.state === 'running') await this.goOn(job, now);
      if (job.isInQueue && job.state === 'finished' && job.endedAt + this.options.minJobAgeMs <= now)
        await this.forget(job);
    }
  }

  private add(spec: JobSpec): Job {
    const { clock, random } = this.options;
    this.lastId += 1;
    const now = clock.milliseconds;
    const startsAt = now + random.between(0, random.chance(0.1) ? 600_000 : 10_000);
    const job: Job = {
      id: String(this.lastId) as JobId,
      spec,
      submittedAt: now,
      startsAt,
      endsAt: startsAt + random.between(1_000, 90_000),
      plan: planJob(random, this.isCalm ? 0 : this.options.jobTrouble),
      state: 'queued',
      end: null,
      endedAt: 0,
      isInQueue: true,
      wasSeenEnded: false,
      recordTries: 0,
      lastBeat: 0,
    };
    this.jobs.set(job.id, job);
    return job;
  }

  private async start(job: Job): Promise<void> {
    job.state = 'running';
    const { fate } = job.plan;
    if (fate.reaches === 'nothing') return this.end(job, fate.exitCode);
    const now = this.options.clock.now();
    job.lastBeat = now.getTime();
    const exitCode = await this.options.runner.start(job, fate, now);
    if (exitCode !== null) this.endAtOnce(job, exitCode);
  }

  /** A copy that met a claim, or a disk without room: its plan does not matter any more. */
  private endAtOnce(job: Job, exitCode: number): void {
    if (exitCode === NOT_CLAIMABLE_EXIT_CODE) this.options.ledger.excuse(job.spec.token, 'disk_full');
    job.plan = { ...job.plan, fault: null, state: null, isRequeued: false };
    this.end(job, exitCode);
  }

  private async goOn(job: Job, now: number): Promise<void> {
    const { runner, clock } = this.options;
    if (job.endsAt > now) {
      if (now - job.lastBeat < BEAT_MS) return;
      job.lastBeat = now;
      return runner.beat(job, clock.now());
    }
    try {
      const exitCode = await runner.finish(job, job.plan.fate, clock.now());
      if (exitCode === 1) this.options.ledger.excuse(job.spec.token, 'disk_full');
      if (job.plan.isRequeued) return await this.startAgain(job);
      this.end(job, exitCode);
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      job.recordTries += 1;
      job.endsAt = now + RECORD_RETRY_MS;
      if (job.recordTries < RECORD_TRIES) return;
      this.options.ledger.excuse(job.spec.token, 'disk_full');
      this.end(job, RECORD_NOT_WRITTEN_EXIT_CODE);
    }
  }

  private async startAgain(job: Job): Promise<void> {
    const again = { reaches: 'record', exitCode: 0, wasStopped: false } as const;
    const exitCode = await this.options.runner.start(job, again, this.options.clock.now());
    this.end(job, exitCode ?? 0);
  }

  private end(job: Job, exitCode: number): void {
    const { plan, spec } = job;
    const state = plan.state ?? (exitCode === 0 ? 'COMPLETED' : 'FAILED');
    job.end = { state, exitCode: plan.state === null || exitCode !== 0 ? exitCode : null };
    job.state = 'finished';
    job.endedAt = this.options.clock.milliseconds;
    if (plan.fault !== null)
      this.options.ledger.countForJob(plan.fault, spec.token, `job ${job.id}, ${plan.fate.reaches}`);
    else this.options.ledger.note(`job ${job.id} of ${spec.token} ended: ${state} ${exitCode}`);
  }

  private async forget(job: Job): Promise<void> {
    const { ledger, hasAccounting } = this.options;
    const { token, directory } = job.spec;
    job.isInQueue = false;
    const isOnRecord = hasAccounting && !this.isAccountingDown;
    if (!job.wasSeenEnded && !isOnRecord) ledger.count('job_forgotten', `job ${job.id} of ${token}`);
    if (hasAccounting) return;
    // Nothing anywhere tells that it ever was: submitting it again is all that anybody could do, and runs nothing twice.
    const claimed = await access(join(directory, ATTEMPT_FILES.claim)).then(
      () => true,
      () => false,
    );
    if (!claimed) ledger.maybeSubmittedTwice.add(token);
  }
}
