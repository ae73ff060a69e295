import type { DataSource, EntityManager } from 'typeorm';
import { evaluatePipeline, type EvaluatedPipeline } from '../gap/evaluate-pipeline.js';
import { MembersDrifted } from '../gap/members-drifted.js';
import { selectionOf } from '../gap/step-selection.js';
import { databaseTime } from '../queries/database-time.sql.js';
import { requireRebuild } from '../queries/gap/require-rebuild.sql.js';
import { copyTablesForPlan } from '../queries/plan/copy-tables.sql.js';
import { findPlannedPipeline, type PlannedPipelineRow } from '../queries/plan/find-planned-pipeline.sql.js';
import { forgetPlans } from '../queries/plan/forget-plans.sql.js';
import { loadPlannedSteps, type PlannedStepRow } from '../queries/plan/load-planned-steps.sql.js';
import { markFollowers } from '../queries/plan/mark-followers.sql.js';
import { samplePlan, type SampledSubGroup } from '../queries/plan/sample-plan.sql.js';

/** A change of definitions that is tried on the copy. */
export interface Proposal {
  readonly apply: (manager: EntityManager) => Promise<void>;
  /** Some step of it binds further inputs: what other pipelines offer must be looked at, too. */
  readonly hasAssociations: boolean;
}

export interface PlanRequest {
  readonly nameOrId: string;
  /** Made from what is stored, before anything is copied. Null plans the pipeline as it is. */
  readonly propose: ((manager: EntityManager) => Promise<Proposal>) | null;
  /** Sub-groups to show of each step. */
  readonly sample: number;
  /** By which clock what waits is judged; the database's when it is not given. */
  readonly now?: Date;
}

export interface PipelinePlan {
  readonly pipeline: PlannedPipelineRow;
  readonly at: Date;
  readonly steps: readonly PlannedStepRow[];
  readonly sample: readonly SampledSubGroup[];
}

/**
 * What an evaluation would say of a pipeline, now or with a proposed change: the evaluation itself, on copies of the tables that
 * it writes, in a transaction that is always rolled back. Takes no lock that anybody waits for, and leaves nothing behind.
 *
 * Undefined when there is no such pipeline, with the proposal either.
 *
 * @throws DomainError when the proposal is not valid, or a stored definition is not valid any more
 */
export async function planPipeline(
  dataSource: DataSource,
  request: PlanRequest,
): Promise<PipelinePlan | undefined> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    // One snapshot: what a step has seen and its sub-groups belong together, whoever evaluates meanwhile.
    await runner.startTransaction('REPEATABLE READ');
    try {
      return await planOnCopy(runner.manager, request);
    } finally {
      await runner.rollbackTransaction();
      await forgetPlans(runner.manager);
    }
  } finally {
    await runner.release();
  }
}

async function planOnCopy(manager: EntityManager, request: PlanRequest): Promise<PipelinePlan | undefined> {
  const { nameOrId, propose, sample } = request;
  const proposal = propose === null ? null : await propose(manager);
  const known = await findPlannedPipeline(manager, nameOrId);
  await copyTablesForPlan(manager, {
    pipelineId: known?.id ?? null,
    hasAssociations: proposal?.hasAssociations ?? false,
  });
  await proposal?.apply(manager);
  const pipeline = await findPlannedPipeline(manager, known === undefined ? nameOrId : known.name);
  if (pipeline === undefined) return undefined;
  const at = request.now ?? (await databaseTime(manager));
  await evaluateCopy(manager, pipeline.id, at);
  return {
    pipeline,
    at,
    steps: await loadPlannedSteps(manager, pipeline.id),
    sample: await samplePlan(manager, { pipelineId: pipeline.id, limit: sample }),
  };
}

async function evaluateCopy(manager: EntityManager, pipelineId: number, now: Date): Promise<void> {
  const { steps } = await evaluateSurely(manager, pipelineId, now);
  for (const step of steps) {
    const { keyNames, hasPlainKey } = selectionOf(step, now);
    const { id: stepId, upstreamStepIds } = step;
    await markFollowers(manager, { stepId, upstreamStepIds, keyNames, hasPlainKey });
  }
}

/**
 * Where what was added up before proves wrong, everything is looked at on the copy, as it will be for the pipeline itself: mending and
 * telling of it are left to the trigger-manager, which comes upon the same.
 */
async function evaluateSurely(
  manager: EntityManager,
  pipelineId: number,
  now: Date,
): Promise<EvaluatedPipeline> {
  const evaluate = (inside: EntityManager): Promise<EvaluatedPipeline> =>
    evaluatePipeline(inside, { pipelineId, now, firing: null });
  try {
    // A savepoint: what was written until it showed is taken back.
    return await manager.transaction(evaluate);
  } catch (error) {
    if (!(error instanceof MembersDrifted)) throw error;
    await requireRebuild(manager, pipelineId);
    return evaluate(manager);
  }
}
