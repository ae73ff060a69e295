import { messageOf } from '@meridian/core';
import { chooseJobs, type Capacity } from './choose-jobs.js';
import type { JobStore, StoredJob } from './job-store.js';
import { processesOf, sendSignal } from './process-table.js';
import { seenState } from './seen-state.js';
import { startJob } from './start-job.js';

export interface JobRunnerOptions {
  readonly stateDirectory: string;
  readonly capacity: Capacity;
  readonly environment: Readonly<Record<string, string>>;
  readonly stopSeconds: number;
  readonly restartAfterMs: number;
  readonly pollMs: number;
  readonly keepEndsMs: number;
  readonly onError: (error: unknown) => void;
  readonly now: () => Date;
}

const PRUNE_EVERY_MS = 3_600_000;
const KILL_MARGIN_MS = 5_000;

/**
 * Starts queued jobs while there is room, and puts away those that ended.
 *
 * It remembers nothing that matters: after a crash the next one reads the same files and goes on. Two at once are safe too,
 * but may together start a job more than there is room for.
 */
export class JobRunner {
  private readonly starting = new Set<string>();
  private round: Promise<void> | undefined;
  private isWanted = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private prunedAt = 0;
  /** Ended jobs of which the last look found no process. */
  private readonly seenGone = new Set<string>();

  constructor(
    private readonly store: JobStore,
    private readonly options: JobRunnerOptions,
  ) {}

  /** Looks after the jobs soon; any number of calls while it is busy become one more round. */
  wake(): void {
    this.isWanted = true;
    this.round ??= this.runRounds().finally(() => {
      this.round = undefined;
      if (this.isWanted && !this.isClosed) this.wake();
    });
  }

  /** Jobs go on; nothing more is started. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private async runRounds(): Promise<void> {
    while (this.isWanted && !this.isClosed) {
      this.isWanted = false;
      const hasJobs = await this.lookAfterJobs().catch((error: unknown) => {
        this.options.onError(error);
        return true;
      });
      if (hasJobs && !this.isClosed) this.wakeLater();
    }
  }

  /** Jobs that an earlier process started do not report to this one, so somebody has to look. */
  private wakeLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), this.options.pollMs).unref();
  }

  /** True while there are jobs to look after. */
  private async lookAfterJobs(): Promise<boolean> {
    await this.store.open();
    const running: StoredJob[] = [];
    for (const job of await this.store.running()) {
      if (!(await this.settleIfEnded(job))) running.push(job);
    }
    const queued = await this.store.queued();
    const demands = running.map((job) => job.resources);
    const waiting = queued.map((job) => ({ job, ...job.resources }));
    for (const { job } of chooseJobs(waiting, demands, this.options.capacity)) {
      if (await this.store.takeToStart(job.token)) await this.start(job);
    }
    await this.pruneSometimes();
    return running.length + queued.length > 0;
  }

  /** True when the job holds no slot any more. */
  private async settleIfEnded(job: StoredJob): Promise<boolean> {
    const state = await seenState(this.store, job.token);
    if (state.kind === 'starting') await this.startAgain(job);
    if (state.kind === 'running' && state.isStopping) await this.killIfOverdue(job.token);
    if (state.kind !== 'finished') return state.kind === 'absent';
    const mayLive = state.end.state === 'NODE_FAIL' || state.end.state === 'CANCELLED';
    if (mayLive && !this.isGone(job.token)) return false;
    await this.store.finish(job.token, state.end);
    await this.store.settle(job.token);
    return true;
  }

  private async start(job: StoredJob): Promise<void> {
    this.starting.add(job.token);
    const { stateDirectory, environment, stopSeconds } = this.options;
    try {
      await startJob(job, { stateDirectory, environment, stopSeconds, onExit: () => this.wake() });
    } catch (error) {
      const reason = messageOf(error);
      await this.store.finish(job.token, { state: 'LAUNCH_FAILED', exitCode: null, reason });
      this.isWanted = true;
    } finally {
      this.starting.delete(job.token);
    }
  }

  /**
   * A process that died between taking a job and starting it left it here. Should the first start still come to life,
   * only one of the two wrappers goes on.
   */
  private async startAgain(job: StoredJob): Promise<void> {
    const takenAt = await this.store.takenAt(job.token);
    const age = takenAt === null ? 0 : this.options.now().getTime() - takenAt.getTime();
    if (!this.starting.has(job.token) && age >= this.options.restartAfterMs) await this.start(job);
  }

  /**
   * Kills what is left of a job whose wrapper is gone; true once two looks in a row found nothing. One is not enough: a process
   * that is just becoming another program shows no environment for a moment.
   */
  private isGone(token: string): boolean {
    const found = killAll(token);
    const wasGone = this.seenGone.delete(token);
    if (found > 0) return false;
    if (!wasGone) this.seenGone.add(token);
    return wasGone;
  }

  /** The wrapper kills what does not stop in time; this is for a wrapper that was itself stopped, or is stuck. */
  private async killIfOverdue(token: string): Promise<void> {
    const since = await this.store.stoppingSince(token);
    const age = since === null ? 0 : this.options.now().getTime() - since.getTime();
    if (age > this.options.stopSeconds * 1000 + KILL_MARGIN_MS) killAll(token);
  }

  private async pruneSometimes(): Promise<void> {
    const now = this.options.now().getTime();
    if (now - this.prunedAt < PRUNE_EVERY_MS) return;
    this.prunedAt = now;
    await this.store.prune(new Date(now - this.options.keepEndsMs));
  }
}

/** Returns how many processes it found. */
function killAll(token: string): number {
  const found = processesOf(token);
  for (const pid of found) sendSignal(pid, 'SIGKILL');
  return found.length;
}
