import { parseDefinitions, planDefinitions, type StoredDefinitions } from '@meridian/core';
import {
  applyGrouping,
  applyLocation,
  applyPipeline,
  applyRecipe,
  applySoftware,
  applyStep,
  loadStoredDefinitions,
  retireSteps,
  setStepDependencies,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';

/** A definitions file, read, planned and stored as `meridian apply` does it; what is unchanged is not touched. */
export async function applyDefinitions(manager: EntityManager, document: unknown): Promise<void> {
  const stored = await loadStoredDefinitions(manager);
  const plan = planDefinitions(parseDefinitions(document, knownNames(stored)), stored);
  if (plan.problems.length > 0) throw new Error(plan.problems.map(({ message }) => message).join('\n'));
  for (const { definition } of changed(plan.software)) await applySoftware(manager, definition);
  for (const { definition } of changed(plan.locations)) await applyLocation(manager, definition);
  for (const { definition } of changed(plan.groupings)) await applyGrouping(manager, definition);
  for (const pipeline of changed(plan.pipelines)) {
    const pipelineId = await applyPipeline(manager, pipeline.definition, 'ada');
    if (pipeline.retired.length > 0) {
      const retired = pipeline.retired.map(({ id }) => id);
      await retireSteps(manager, retired);
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
}

function knownNames(stored: StoredDefinitions): Parameters<typeof parseDefinitions>[1] {
  const software = new Map<string, string[]>();
  for (const { definition } of stored.software)
    software.set(definition.name, [...(software.get(definition.name) ?? []), definition.version]);
  return {
    software,
    pools: new Set(stored.pools.map(({ definition }) => definition.name)),
    groupings: new Set(stored.groupings.map(({ definition }) => definition.name)),
    pipelines: new Map(
      stored.pipelines.map(({ definition, steps }) => [
        definition.name,
        steps.filter(({ isRetired }) => !isRetired).map((step) => step.definition.name),
      ]),
    ),
    locations: new Map(stored.locations.map(({ definition }) => [definition.name, definition.kind])),
  };
}

const changed = <One extends { readonly change: string }>(planned: readonly One[]): One[] =>
  planned.filter((one) => one.change !== 'unchanged');
