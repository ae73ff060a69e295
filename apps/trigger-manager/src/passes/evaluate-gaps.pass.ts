import { effectiveConfig } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import {
  becomeEvaluator,
  closeTriggerRequests,
  fireRuns,
  hasDueSubGroups,
  listInputCauses,
  listOpenTriggerRequests,
  loadEvaluableSteps,
  refreshMembers,
  refreshStates,
  requestEvaluation,
  takeEvaluationRequests,
  type EvaluableStep,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import { selectionOf } from '../step-selection.js';

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
  /** Everything is evaluated at least this often, whatever the change requests say. */
  readonly fullEvaluationMs: number;
}

const TIME_DEPENDENT_EVALUATION_MS = 60_000;

/**
 * Finds what is missing or stale, and creates its runs.
 *
 * One transaction: requests taken, members and states of every step written, runs created. A crash rolls all of it
 * back, requests included, so the next tick (here or in another replica) starts from the same place.
 */
export class EvaluateGapsPass implements Pass {
  readonly name = 'evaluate-gaps';
  private lastFullEvaluation = -Infinity;
  /** True while some pipeline's filter says `within_last`: time alone changes what it selects. */
  private isTimeDependent = false;

  constructor(private readonly options: EvaluateGapsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const now = await this.options.now(this.options.dataSource.manager);
    const isFullDue = now.getTime() - this.lastFullEvaluation >= this.fullEvaluationMs;
    const changed = await this.options.dataSource.transaction(async (manager) => {
      if (!(await becomeEvaluator(manager))) return 0;
      const isAsked = (await takeEvaluationRequests(manager)) > 0;
      if (!isAsked && !isFullDue && !(await hasDueSubGroups(manager, now))) return 0;
      return this.evaluatePipelines(manager, now, signal);
    });
    if (isFullDue) this.lastFullEvaluation = now.getTime();
    return changed;
  }

  private get fullEvaluationMs(): number {
    return this.isTimeDependent
      ? Math.min(this.options.fullEvaluationMs, TIME_DEPENDENT_EVALUATION_MS)
      : this.options.fullEvaluationMs;
  }

  private async evaluatePipelines(manager: EntityManager, now: Date, signal: AbortSignal): Promise<number> {
    const pipelines = groupByPipeline(await loadEvaluableSteps(manager));
    this.isTimeDependent = false;
    let fired = 0;
    for (const [pipelineId, steps] of pipelines) {
      if (signal.aborted) {
        await requestEvaluation(manager, 'interrupted');
        break;
      }
      fired += await this.evaluatePipeline(manager, pipelineId, steps, now);
    }
    return fired;
  }

  /** In a savepoint of its own: a pipeline whose definition cannot be evaluated must not hold up the others. */
  private async evaluatePipeline(
    manager: EntityManager,
    pipelineId: number,
    steps: readonly EvaluableStep[],
    now: Date,
  ): Promise<number> {
    try {
      return await manager.transaction(async (savepoint) => {
        const openRequests = await listOpenTriggerRequests(savepoint, pipelineId);
        let fired = 0;
        for (const step of steps) fired += await this.evaluateStep(savepoint, step, now);
        await closeTriggerRequests(savepoint, openRequests, now);
        return fired;
      });
    } catch (error) {
      this.options.logger.error(
        { err: error, pipeline: steps[0]?.pipeline },
        'pipeline not evaluated, will be tried again',
      );
      await requestEvaluation(manager, 'failed evaluation');
      return 0;
    }
  }

  private async evaluateStep(manager: EntityManager, step: EvaluableStep, now: Date): Promise<number> {
    const selection = selectionOf(step, now);
    this.isTimeDependent ||= selection.isTimeDependent;
    await refreshMembers(manager, selection);
    const inputCauses = await listInputCauses(manager, selection);
    const { keyNames, hasPlainKey } = selection;
    const awaitedStepIds = step.upstreamPolicy === 'all_current' ? step.upstreamStepIds : [];
    await refreshStates(manager, {
      stepId: step.id,
      keyNames,
      hasPlainKey,
      awaitedStepIds,
      inputCauses,
      now,
    });
    const config = effectiveConfig(step.configSchema, step.parameters).all;
    const fired = await fireRuns(manager, {
      selection,
      config,
      actor: this.options.actor,
      now,
      limit: this.options.fireLimit,
    });
    if (fired > 0)
      this.options.logger.info(
        { pipeline: step.pipeline, step: step.name, fired },
        `${step.pipeline}/${step.name}: ${fired} runs created`,
      );
    if (fired === this.options.fireLimit) await requestEvaluation(manager, 'more to fire');
    return fired;
  }
}

function groupByPipeline(steps: readonly EvaluableStep[]): Map<number, EvaluableStep[]> {
  const pipelines = new Map<number, EvaluableStep[]>();
  for (const step of steps) pipelines.set(step.pipelineId, [...(pipelines.get(step.pipelineId) ?? []), step]);
  return pipelines;
}
