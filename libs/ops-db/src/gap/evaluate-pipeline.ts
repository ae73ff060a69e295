import type { EntityManager } from 'typeorm';
import { findGapWork, type StepWork } from '../queries/gap/find-gap-work.sql.js';
import { loadEvaluableSteps, type EvaluableStep } from '../queries/gap/load-evaluable-steps.sql.js';
import { planFor } from '../queries/gap/plan-for.sql.js';
import { recordStepEvaluations } from '../queries/gap/record-step-evaluations.sql.js';
import { evaluateStep, type StepOutcome } from './evaluate-step.js';
import type { Firing } from './fire-step.js';

export interface PipelineToEvaluate {
  readonly pipelineId: number;
  readonly now: Date;
  /** Null creates no run. */
  readonly firing: Firing | null;
}

export interface EvaluatedPipeline {
  /** Its living steps, upstream before downstream. */
  readonly steps: readonly EvaluableStep[];
  /** New runs by step. */
  readonly fired: ReadonlyMap<number, number>;
}

/** Whether an evaluation would find anything to do for a step. */
export const isToDo = (work: StepWork): boolean =>
  work.isRebuildDue ||
  work.isJudgementDue ||
  work.hasItemChanges ||
  work.changedRelations.length > 0 ||
  work.hasSubGroupChanges ||
  work.hasCloses ||
  work.isDue ||
  work.mayFire ||
  work.hasOpenRequest;

/**
 * Brings the sub-groups of a pipeline's steps up to date with the archive and with past runs, and creates the runs that are
 * due: members, states and runs, step by step down the graph, so that a step sees what happened to those before it.
 *
 * Takes what changed since each step was last evaluated, and looks at everything only for a step whose rules changed. Call it
 * in a transaction in which `becomeEvaluator` was true.
 *
 * @throws DomainError when a stored definition is not valid any more
 */
export async function evaluatePipeline(
  manager: EntityManager,
  { pipelineId, now, firing }: PipelineToEvaluate,
): Promise<EvaluatedPipeline> {
  await planFor(manager, 'changes');
  const found = await findGapWork(manager, { now, pipelineId });
  const steps = await loadEvaluableSteps(manager, pipelineId);
  if (!found.some(isToDo)) return { steps, fired: new Map() };
  const work = new Map(found.map((one) => [one.stepId, one]));
  const outcomes = new Map<number, StepOutcome>();
  for (const step of steps) {
    const todo = work.get(step.id);
    if (todo === undefined) continue;
    const upstream = step.upstreamStepIds.flatMap((id) => outcomes.get(id) ?? []);
    outcomes.set(step.id, await evaluateStep(manager, { step, todo, upstream, now, firing }));
  }
  const evaluations = [...outcomes.values()].map(({ evaluation }) => evaluation);
  await recordStepEvaluations(manager, { evaluations, now });
  return { steps, fired: new Map([...outcomes].map(([stepId, { fired }]) => [stepId, fired])) };
}
