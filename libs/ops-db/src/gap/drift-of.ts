import type { EntityManager } from 'typeorm';
import { countDrift } from '../queries/gap/rebuild-members.sql.js';
import { regroupStep } from './regroup-step.js';
import type { EvaluableSelection } from './step-selection.js';

/**
 * How many sub-groups of a step that was just evaluated do not hold what a look at everything says: 0, or a defect. Where
 * membership is no function of one row, looking is forming anew, which mends them at once; what time alone has closed since,
 * and nothing had to be judged by yet, is formed first.
 */
export async function driftOf(
  manager: EntityManager,
  selection: EvaluableSelection,
  now: Date,
): Promise<number> {
  const { rule } = selection;
  if (rule.kind === 'by') return countDrift(manager, selection);
  await regroupStep(manager, { rule, selection, changedItemIds: [], now });
  return (await regroupStep(manager, { rule, selection, changedItemIds: 'all', now })).length;
}
