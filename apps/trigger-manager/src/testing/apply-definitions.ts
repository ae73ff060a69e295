import { knownNames, parseDefinitions, planDefinitions } from '@meridian/core';
import { loadStoredDefinitions, makeResultTables, writePlan } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';

/** A definitions file, read, planned and stored as `meridian apply` does it; what is unchanged is not touched. */
export async function applyDefinitions(manager: EntityManager, document: unknown): Promise<void> {
  const stored = await loadStoredDefinitions(manager);
  const plan = planDefinitions(parseDefinitions(document, knownNames(stored)), stored);
  if (plan.problems.length > 0) throw new Error(plan.problems.map(({ message }) => message).join('\n'));
  await writePlan(manager, plan, 'ada');
  await makeResultTables(manager, plan);
}
