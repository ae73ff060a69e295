import {
  canonicalJson,
  effectiveConfig,
  overrideParameters,
  withParameters,
  type JsonObject,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { applyRecipe } from '../queries/apply-recipe.sql.js';
import { fireRuns } from '../queries/gap/fire-runs.sql.js';
import { giveUpRetriedItems } from '../queries/gap/give-up-retried-items.sql.js';
import { recountSubGroups } from '../queries/gap/recount-sub-groups.sql.js';
import { listFireableSubGroups, type FireableSubGroup } from '../queries/gap/list-fireable-sub-groups.sql.js';
import type { EvaluableStep } from '../queries/gap/load-evaluable-steps.sql.js';
import { reachOf } from '../queries/gap/step-members.js';
import { overEverything } from './over-everything.js';
import type { EvaluableSelection } from './step-selection.js';

export interface Firing {
  readonly actor: string;
  /** Most runs created per step; the rest are left for the next evaluation. */
  readonly limit: number;
}

export interface StepToFire {
  readonly step: EvaluableStep;
  readonly selection: EvaluableSelection;
  readonly firing: Firing;
  readonly now: Date;
}

/** Creates the runs that a step's sub-groups want and may have; returns the ids of those sub-groups. */
export async function fireStep(manager: EntityManager, toFire: StepToFire): Promise<number[]> {
  const { step, firing } = toFire;
  const fireable = await listFireableSubGroups(manager, { stepId: step.id, limit: firing.limit });
  if (toFire.selection.rule.kind === 'item') await giveUp(manager, toFire, fireable);
  const fired: number[] = [];
  for (const { overrides, ids } of byOverrides(fireable))
    fired.push(...(await fireAlike(manager, toFire, { overrides, ids })));
  return fired;
}

/** Shards that are run again leave what is retried to the shards that retry it. */
async function giveUp(
  manager: EntityManager,
  { step, selection }: StepToFire,
  fireable: readonly FireableSubGroup[],
): Promise<void> {
  const ids = await giveUpRetriedItems(manager, { stepId: step.id, ids: fireable.map(({ id }) => id) });
  await recountSubGroups(manager, { selection, ids });
}

interface Alike {
  readonly overrides: JsonObject | null;
  readonly ids: readonly number[];
}

/** Those that get the same parameters, together. */
function byOverrides(fireable: readonly FireableSubGroup[]): Iterable<Alike> {
  const alike = new Map<string, { overrides: JsonObject | null; ids: number[] }>();
  for (const { id, overrides } of fireable) {
    const key = canonicalJson(overrides);
    const found = alike.get(key) ?? { overrides, ids: [] };
    found.ids.push(id);
    alike.set(key, found);
  }
  return alike.values();
}

async function fireAlike(
  manager: EntityManager,
  { step, selection, firing, now }: StepToFire,
  { overrides, ids }: Alike,
): Promise<number[]> {
  const parameters = overrides === null ? step.parameters : overrideParameters(step.parameters, overrides);
  const config = effectiveConfig(step.configSchema, parameters);
  const recipe = overrides === null ? null : withParameters(step.recipe, config.identity);
  if (recipe !== null) await applyRecipe(manager, recipe);
  const { actor } = firing;
  return overEverything(manager, reachOf(selection, ids.length) === 'scan', () =>
    fireRuns(manager, { selection, ids, config: config.all, recipe, actor, now }),
  );
}
