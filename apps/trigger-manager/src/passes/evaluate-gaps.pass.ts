import type { Logger, Pass } from '@meridian/daemon';
import {
  becomeEvaluator,
  closeTriggerRequests,
  evaluatePipeline,
  findGapWork,
  isToDo,
  listOpenTriggerRequests,
  MembersDrifted,
  planFor,
  recordDrift,
  requireRebuild,
  type EvaluableStep,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface EvaluateGapsOptions {
  readonly dataSource: DataSource;
  readonly actor: string;
  readonly logger: Logger;
  /**
   * The database's clock, which stamped what is compared with it: a daemon whose own clock is late would wait with every new
   * input until that time has come, and one whose clock is early would wait for nothing.
   */
  readonly now: (manager: EntityManager) => Promise<Date>;
  /** Most runs created per step and tick; the rest follow in the next tick, at once. */
  readonly fireLimit: number;
}

/**
 * Finds what is missing or stale, and creates its runs.
 *
 * One transaction per pipeline: what changed is taken from the feeds, members and states of its steps are written, runs created,
 * and how far the steps are is noted. A crash rolls all of it back, so the next tick (here or in another replica) starts from
 * the same place. Replicas share the pipelines: each takes those that nobody else is at.
 */
export class EvaluateGapsPass implements Pass {
  readonly name = 'evaluate-gaps';

  constructor(private readonly options: EvaluateGapsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const found = await this.options.dataSource.transaction(async (manager) => {
      await planFor(manager, 'changes');
      return findGapWork(manager, { now: await this.options.now(manager), pipelineId: null });
    });
    let fired = 0;
    for (const pipelineId of new Set(found.filter(isToDo).map((work) => work.pipelineId))) {
      if (signal.aborted) break;
      fired += await this.evaluateSafely(pipelineId);
    }
    return fired;
  }

  /** A pipeline whose definition cannot be evaluated must not hold up the others. */
  private async evaluateSafely(pipelineId: number): Promise<number> {
    const { dataSource, logger } = this.options;
    try {
      return await dataSource.transaction((manager) => this.evaluate(manager, pipelineId));
    } catch (error) {
      logger.error({ err: error, pipelineId }, 'pipeline not evaluated, will be tried again');
      if (error instanceof MembersDrifted) await this.startOver(pipelineId, error);
      return 0;
    }
  }

  /** A defect, as one that a comparison finds: counted, and mended by a look at everything at the next tick. */
  private startOver(pipelineId: number, { stepId, subGroupIds }: MembersDrifted): Promise<void> {
    return this.options.dataSource.transaction(async (manager) => {
      const foundAt = await this.options.now(manager);
      await recordDrift(manager, { stepId, subGroups: subGroupIds.length, foundAt });
      await requireRebuild(manager, pipelineId);
    });
  }

  private async evaluate(manager: EntityManager, pipelineId: number): Promise<number> {
    if (!(await becomeEvaluator(manager, pipelineId))) return 0;
    const now = await this.options.now(manager);
    const openRequests = await listOpenTriggerRequests(manager, pipelineId);
    const { actor, fireLimit } = this.options;
    // It looks again at what is to do: that may have been done by another replica until this one became the evaluator.
    const firing = { actor, limit: fireLimit };
    const { steps, fired } = await evaluatePipeline(manager, { pipelineId, now, firing });
    await closeTriggerRequests(manager, openRequests, now);
    return this.tell(steps, fired);
  }

  private tell(steps: readonly EvaluableStep[], fired: ReadonlyMap<number, number>): number {
    for (const { id, pipeline, name } of steps) {
      const runs = fired.get(id) ?? 0;
      if (runs > 0)
        this.options.logger.info(
          { pipeline, step: name, fired: runs },
          `${pipeline}/${name}: ${runs} runs created`,
        );
    }
    return [...fired.values()].reduce((total, runs) => total + runs, 0);
  }
}
