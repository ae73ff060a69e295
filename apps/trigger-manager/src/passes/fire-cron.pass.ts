import { lastDue, nextDue } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import { fireCron, listCronPipelines, type CronPipeline } from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface FireCronOptions {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  /** The database's clock: replicas whose own clocks differ must not fire a due time at different times. */
  readonly now: (manager: EntityManager) => Promise<Date>;
}

/** What is further away is left to the poll: Node's timers hold less than a month, and the clocks may change. */
const FURTHEST_WISH_MS = 3_600_000;

/**
 * Asks for the gaps of CRON pipelines when they are due.
 *
 * A due time that nobody was there for is made up for once, however many were missed, as soon as somebody is, or when the pipeline is
 * enabled or resumed. Any number of replicas may run this: a due time is fired by one of them.
 */
export class FireCronPass implements Pass {
  readonly name = 'fire-cron';
  /** On this process's monotonic clock. */
  private wishedAt: number | null = null;

  constructor(private readonly options: FireCronOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { manager } = this.options.dataSource;
    const pipelines = await listCronPipelines(manager);
    this.wishedAt = null;
    if (pipelines.length === 0) return 0;
    const now = await this.options.now(manager);
    const waits: number[] = [];
    let fired = 0;
    for (const pipeline of pipelines) {
      if (signal.aborted) break;
      try {
        if (await this.fireIfDue(pipeline, now)) fired += 1;
        const { expression, timezone } = pipeline.schedule;
        waits.push(nextDue(expression, timezone, now).getTime() - now.getTime());
      } catch (error) {
        // A zone that this Node.js does not know must not keep the other pipelines waiting.
        this.options.logger.error(
          { err: error, pipeline: pipeline.name },
          `${pipeline.name}: cannot be scheduled`,
        );
      }
    }
    const wait = Math.min(...waits);
    this.wishedAt = wait <= FURTHEST_WISH_MS ? performance.now() + wait : null;
    return fired;
  }

  nextInMs(): number | null {
    return this.wishedAt === null ? null : Math.max(0, this.wishedAt - performance.now());
  }

  private async fireIfDue(pipeline: CronPipeline, now: Date): Promise<boolean> {
    const { expression, timezone } = pipeline.schedule;
    const dueAt = lastDue(expression, timezone, pipeline.lastDueAt, now);
    if (dueAt === null || !(await fireCron(this.options.dataSource.manager, pipeline, dueAt))) return false;
    this.options.logger.info(
      { pipeline: pipeline.name, due_at: dueAt },
      `${pipeline.name}: due at ${dueAt.toISOString()}, asked for its gaps`,
    );
    return true;
  }
}
