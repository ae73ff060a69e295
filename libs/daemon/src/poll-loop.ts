import { messageOf } from '@meridian/core';
import type { Logger } from './logger.js';
import type { Pass, PassReport } from './pass.js';

export interface PollLoopOptions {
  readonly passes: readonly Pass[];
  readonly logger: Logger;
  readonly now: () => Date;
}

/**
 * Runs the passes in order whenever it is told to; at a poll only those whose patience is over.
 *
 * A tick never overlaps another: a wake-up during a tick leads to exactly one more tick after it. A pass that throws
 * does not stop the others; it is logged and tried again on the next tick. A tick in which a pass changed something
 * is followed by another at once, so that a backlog larger than one batch is worked off without waiting for the poll. A pass
 * that knows when it has something to do is run at that time.
 */
export class PollLoop {
  readonly reports = new Map<string, PassReport>();
  private readonly abort = new AbortController();
  private running: Promise<void> | null = null;
  private asked: 'poll' | 'call' | null = null;
  private alarm: NodeJS.Timeout | null = null;

  constructor(private readonly options: PollLoopOptions) {}

  /** There may be work: asks for a tick of all passes; returns at once. */
  wake(): void {
    this.asked = 'call';
    this.poll();
  }

  /** Nobody called, but a call may be lost, and time passes: asks for a tick of the passes that are not patient. Returns at once. */
  poll(): void {
    this.asked ??= 'poll';
    this.running ??= this.runWhileWanted().finally(() => (this.running = null));
  }

  /** Lets the current pass finish its piece of work, and starts nothing more. */
  async stop(): Promise<void> {
    this.abort.abort();
    this.setAlarm();
    await this.running;
  }

  private async runWhileWanted(): Promise<void> {
    while (this.asked !== null && !this.abort.signal.aborted) {
      const isCalled = this.asked === 'call';
      this.asked = null;
      const changed = await this.tick(this.options.passes.filter((pass) => isCalled || this.isDue(pass)));
      if (changed > 0) this.asked = 'call';
    }
    this.setAlarm();
  }

  /** For the first of the passes that wants to run; none when the loop is stopped. */
  private setAlarm(): void {
    if (this.alarm !== null) clearTimeout(this.alarm);
    this.alarm = null;
    const wishes = this.options.passes.flatMap((pass) => pass.nextInMs?.() ?? []);
    if (wishes.length === 0 || this.abort.signal.aborted) return;
    // A timer may be a millisecond early, and the wish would not be fulfilled yet.
    this.alarm = setTimeout(() => this.poll(), Math.max(0, Math.min(...wishes)) + 1);
  }

  private isDue(pass: Pass): boolean {
    const { lastRunAt } = this.reports.get(pass.name) ?? {};
    if (pass.patienceMs === undefined || lastRunAt === undefined || pass.nextInMs?.() === 0) return true;
    return this.options.now().getTime() - Date.parse(lastRunAt) >= pass.patienceMs;
  }

  private async tick(passes: readonly Pass[]): Promise<number> {
    let changed = 0;
    for (const pass of passes) {
      if (this.abort.signal.aborted) break;
      changed += await this.runPass(pass);
    }
    return changed;
  }

  private async runPass(pass: Pass): Promise<number> {
    const startedAt = this.options.now();
    const failuresBefore = this.reports.get(pass.name)?.consecutiveFailures ?? 0;
    try {
      const changed = await pass.run(this.abort.signal);
      this.report(pass, startedAt, { changed, consecutiveFailures: 0 });
      if (changed > 0)
        this.options.logger.info({ pass: pass.name, changed }, `${pass.name}: changed ${changed}`);
      if (failuresBefore > 0)
        this.options.logger.info(
          { pass: pass.name },
          `${pass.name}: works again after ${failuresBefore} failures`,
        );
      return changed;
    } catch (error) {
      const message = messageOf(error);
      this.report(pass, startedAt, {
        changed: 0,
        consecutiveFailures: failuresBefore + 1,
        lastError: message,
      });
      this.logFailure(pass, error, failuresBefore);
      return 0;
    }
  }

  /** The first failure in a row with its stack, then only every tenth: a database that is away must not fill the disk. */
  private logFailure(pass: Pass, error: unknown, failuresBefore: number): void {
    if (failuresBefore === 0)
      this.options.logger.error({ pass: pass.name, err: error }, `${pass.name}: failed, will be tried again`);
    else if (failuresBefore % 10 === 0) {
      const message = messageOf(error);
      this.options.logger.error(
        { pass: pass.name },
        `${pass.name}: failed ${failuresBefore + 1} times in a row: ${message}`,
      );
    }
  }

  private report(pass: Pass, startedAt: Date, outcome: Omit<PassReport, 'lastRunAt' | 'durationMs'>): void {
    const durationMs = this.options.now().getTime() - startedAt.getTime();
    this.reports.set(pass.name, { lastRunAt: startedAt.toISOString(), durationMs, ...outcome });
  }
}
