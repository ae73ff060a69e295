import type { Logger, Pass } from '@meridian/daemon';
import {
  becomeEvaluator,
  driftOf,
  evaluatePipeline,
  requireRebuild,
  listStepsToReconcile,
  planFor,
  recordDrift,
  recordReconciliation,
  selectionOf,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface ReconcileGapsOptions {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  /** The database's clock: it stamped what is compared with it. */
  readonly now: (manager: EntityManager) => Promise<Date>;
  readonly everySeconds: number;
}

const LOOK_EVERY_MS = 10_000;

/**
 * Compares what the sub-groups hold with a look at the whole archive, one pipeline a tick, and must find nothing.
 *
 * A difference is a defect of the incremental evaluation: it is logged and counted, and the pipeline is evaluated from scratch at
 * the next tick. In one snapshot, so that what arrives meanwhile is no difference.
 */
export class ReconcileGapsPass implements Pass {
  readonly name = 'reconcile-gaps';

  private lookedAt = -Infinity;

  constructor(private readonly options: ReconcileGapsOptions) {}

  async run(): Promise<number> {
    // A clock that nobody sets: this only spares a look at every tick.
    if (performance.now() - this.lookedAt < LOOK_EVERY_MS) return 0;
    this.lookedAt = performance.now();
    const { dataSource, everySeconds } = this.options;
    const now = await this.options.now(dataSource.manager);
    const [pipelineId] = await listStepsToReconcile(
      dataSource.manager,
      new Date(now.getTime() - everySeconds * 1000),
    );
    if (pipelineId === undefined) return 0;
    return dataSource.transaction('REPEATABLE READ', (manager) => this.reconcile(manager, pipelineId));
  }

  private async reconcile(manager: EntityManager, pipelineId: number): Promise<number> {
    if (!(await becomeEvaluator(manager, pipelineId))) return 0;
    const now = await this.options.now(manager);
    const { steps } = await evaluatePipeline(manager, { pipelineId, now, firing: null });
    let total = 0;
    for (const step of steps) {
      await planFor(manager, 'everything');
      const drift = await driftOf(manager, selectionOf(step, now), now);
      await recordReconciliation(manager, { stepId: step.id, comparedAt: now });
      if (drift === 0) continue;
      total += drift;
      await recordDrift(manager, { stepId: step.id, subGroups: drift, foundAt: now });
      this.options.logger.error(
        { pipeline: step.pipeline, step: step.name, drift },
        `${step.pipeline}/${step.name}: ${drift} sub-groups did not hold what the archive says; they are evaluated from scratch`,
      );
    }
    if (total > 0) await requireRebuild(manager, pipelineId);
    return total;
  }
}
