import type { EntityManager } from 'typeorm';
import type { StepWork } from '../queries/gap/find-gap-work.sql.js';
import type { EvaluableStep } from '../queries/gap/load-evaluable-steps.sql.js';
import { planFor } from '../queries/gap/plan-for.sql.js';
import { recordStepEvaluations } from '../queries/gap/record-step-evaluations.sql.js';
import { evaluateStep, type StepOutcome } from './evaluate-step.js';
import type { Firing } from './fire-step.js';

export interface PipelineToEvaluate {
  /** Living steps, upstream before downstream. */
  readonly steps: readonly EvaluableStep[];
  readonly work: ReadonlyMap<number, StepWork>;
  readonly now: Date;
  /** Null creates no run. */
  readonly firing: Firing | null;
}

/**
 * Brings the sub-groups of a pipeline's steps up to date with the archive and with past runs, and creates the runs that are
 * due: members, states and runs, step by step down the graph, so that a step sees what happened to those before it.
 *
 * Takes what changed since each step was last evaluated, and looks at everything only for a step whose rules changed. Call it
 * in a transaction in which `becomeEvaluator` was true, with `work` that was found in it. Returns the new runs' number by step.
 *
 * @throws DomainError when a stored definition is not valid any more
 */
export async function evaluatePipeline(
  manager: EntityManager,
  { steps, work, now, firing }: PipelineToEvaluate,
): Promise<ReadonlyMap<number, number>> {
  await planFor(manager, 'changes');
  const outcomes = new Map<number, StepOutcome>();
  for (const step of steps) {
    const todo = work.get(step.id);
    if (todo === undefined) continue;
    const upstream = step.upstreamStepIds.flatMap((id) => outcomes.get(id) ?? []);
    outcomes.set(step.id, await evaluateStep(manager, { step, todo, upstream, now, firing }));
  }
  const evaluations = [...outcomes.values()].map(({ evaluation }) => evaluation);
  await recordStepEvaluations(manager, { evaluations, now });
  return new Map([...outcomes].map(([stepId, { fired }]) => [stepId, fired]));
}
