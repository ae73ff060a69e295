import type { EntityManager } from 'typeorm';
import { selectionOf } from '../gap/step-selection.js';
import { loadEvaluableSteps } from '../queries/gap/load-evaluable-steps.sql.js';
import { findExplainedGap, type ExplainedGapRow } from '../queries/explain/find-explained-gap.sql.js';
import {
  listAssociationDifferences,
  type AssociationDifference,
} from '../queries/explain/list-association-differences.sql.js';
import {
  listBlockingSubGroups,
  type BlockingSubGroup,
} from '../queries/explain/list-blocking-sub-groups.sql.js';
import { listInputDifferences, type InputDifference } from '../queries/explain/list-input-differences.sql.js';
import { findGap, type GapRow } from '../queries/list-gaps.sql.js';

/** All that is known of why a sub-group is what it is. */
export interface GapEvidence {
  readonly gap: GapRow;
  readonly facts: ExplainedGapRow;
  /** Against its last result; empty without one. */
  readonly inputs: readonly InputDifference[];
  readonly associations: readonly AssociationDifference[];
  readonly blockedBy: readonly BlockingSubGroup[];
}

/** Of each list at most so many: it is read by people. */
const MOST_LISTED = 1000;

/**
 * What explains a sub-group: undefined when there is none. Of one whose step is retired only what is stored with it.
 *
 * @throws DomainError when the stored definition of its step is not valid any more
 */
export async function explainGap(
  manager: EntityManager,
  id: number,
  now: Date,
): Promise<GapEvidence | undefined> {
  const gap = await findGap(manager, id);
  const facts = await findExplainedGap(manager, id);
  if (gap === undefined || facts === undefined) return undefined;
  const steps = await loadEvaluableSteps(manager, facts.pipelineId);
  const step = steps.find((one) => one.id === facts.stepId);
  const hasResult = facts.lastResult !== null;
  const associations = hasResult ? await listAssociationDifferences(manager, id) : [];
  if (step === undefined) return { gap, facts, inputs: [], associations, blockedBy: [] };
  const selection = selectionOf(step, now);
  const awaitedStepIds = step.upstreamPolicy === 'all_current' ? step.upstreamStepIds : [];
  const { keyNames } = selection;
  const limit = MOST_LISTED;
  return {
    gap,
    facts,
    inputs: hasResult ? await listInputDifferences(manager, { selection, subGroupId: id, limit }) : [],
    associations,
    blockedBy: await listBlockingSubGroups(manager, { subGroupId: id, awaitedStepIds, keyNames, limit }),
  };
}
