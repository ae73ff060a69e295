import type { DefinitionsPlan, PlannedPipeline } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { applyGrouping } from '../queries/apply-grouping.sql.js';
import { applyLocation } from '../queries/apply-location.sql.js';
import { applyPipeline } from '../queries/apply-pipeline.sql.js';
import { applyPool } from '../queries/apply-pool.sql.js';
import { applyRecipe } from '../queries/apply-recipe.sql.js';
import { applySoftware } from '../queries/apply-software.sql.js';
import { applyStep } from '../queries/apply-step.sql.js';
import { ensureResultRelations } from '../queries/result-tables/ensure-result-relations.sql.js';
import { registerResultTables } from '../queries/result-tables/register-result-tables.sql.js';
import { retireSteps } from '../queries/retire-steps.sql.js';
import { setStepDependencies } from '../queries/set-step-dependencies.sql.js';

/** Writes what the plan changes, in the order of references; what is unchanged is not touched, not even by an UPDATE that sets nothing. */
export async function writePlan(manager: EntityManager, plan: DefinitionsPlan, actor: string): Promise<void> {
  for (const { definition } of changed(plan.software)) await applySoftware(manager, definition);
  for (const { definition } of changed(plan.locations)) await applyLocation(manager, definition);
  for (const { definition } of changed(plan.pools)) await applyPool(manager, definition);
  for (const { definition } of changed(plan.groupings)) await applyGrouping(manager, definition);
  for (const pipeline of changed(plan.pipelines)) await writePipeline(manager, pipeline, actor);
}

/**
 * Makes the relations of the result tables that the plan's new software versions declare, or adds columns to them. Apart from `writePlan`,
 * because it locks what a look at a proposal must leave alone.
 */
export async function makeResultTables(manager: EntityManager, plan: DefinitionsPlan): Promise<void> {
  const filling = changed(plan.software).filter(({ definition }) => definition.tables.length > 0);
  for (const { definition } of filling) {
    await registerResultTables(manager, definition);
    await ensureResultRelations(manager, definition);
  }
}

async function writePipeline(
  manager: EntityManager,
  pipeline: PlannedPipeline,
  actor: string,
): Promise<void> {
  const pipelineId = await applyPipeline(manager, pipeline.definition, actor);
  if (pipeline.retired.length > 0) {
    await retireSteps(
      manager,
      pipeline.retired.map((step) => step.id),
    );
  }
  for (const step of changed(pipeline.steps)) {
    await applyRecipe(manager, step.recipe);
    await applyStep(manager, pipelineId, step);
  }
  const dependencies = pipeline.steps.flatMap(({ definition }) =>
    definition.depends_on.map((upstream) => ({ step: definition.name, upstream })),
  );
  await setStepDependencies(manager, pipelineId, dependencies);
}

const changed = <One extends { readonly change: string }>(planned: readonly One[]): One[] =>
  planned.filter((one) => one.change !== 'unchanged');
