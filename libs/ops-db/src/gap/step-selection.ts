import {
  associationsDependOnTime,
  compileFilter,
  compileGroupBy,
  dependsOnTime,
  globRegex,
  isJsonObject,
  parseAssociations,
  parseFilter,
  parseGroupingRule,
  tablesOf,
  type Association,
  type GroupingRule,
  type JsonObject,
} from '@meridian/core';
import type { EvaluableStep } from '../queries/gap/load-evaluable-steps.sql.js';
import type { StepSelection } from '../queries/gap/step-members.js';

export interface EvaluableSelection extends StepSelection {
  readonly rule: GroupingRule;
  readonly associations: readonly Association[];
  /** The filter says `within_last`: time alone changes what it selects. */
  readonly isTimeDependent: boolean;
}

/** What a downstream step takes when it does not say: the data, not the plots and logs about them. */
const DEFAULT_PRODUCT_TYPES = ['SCIENCE', 'INTERMEDIATE'];

/**
 * Where a step's inputs come from: the grouping's raw items for a step that depends on nothing (or says `raw`), the
 * upstream steps' newest products otherwise.
 *
 * @throws DomainError `filter.*`, `group_by.*` or `associations.*` when the stored definition is not valid any more.
 */
export function selectionOf(step: EvaluableStep, now: Date): EvaluableSelection {
  const filter = parseFilter(step.filter);
  const rule = parseGroupingRule(step.groupBy);
  const { terms } = rule;
  const associations = parseAssociations(step.associations);
  const plain = terms.flatMap((term) => (term.kind === 'dim' ? [term.name] : []));
  const { pattern } = step.inputs;
  return {
    stepId: step.id,
    rule,
    isStored: rule.kind !== 'by',
    associations,
    tables: tablesOf(filter),
    filter: compileFilter(filter, { now }),
    terms,
    keyDims: compileGroupBy(terms),
    keyNames: plain,
    hasPlainKey: rule.kind === 'by' && plain.length === terms.length,
    upstreamStepIds: step.upstreamStepIds,
    takesRaw: step.upstreamStepIds.length === 0 || step.inputs['raw'] === true,
    archiveItems: step.archiveItems,
    productTypes: takenProductTypes(step.inputs),
    isTimeDependent: dependsOnTime(filter) || associationsDependOnTime(associations),
    pathPattern: typeof pattern === 'string' ? globRegex(pattern) : null,
    slotDim: slotDimOf(step),
  };
}

function slotDimOf({ expect }: EvaluableStep): string | null {
  const slots = expect?.['slots'];
  const dim = isJsonObject(slots) ? slots['dim'] : null;
  return typeof dim === 'string' ? dim : null;
}

/** Types of the products that a step takes of those before it. */
export function takenProductTypes(inputs: JsonObject): readonly string[] {
  const { types } = inputs;
  if (!Array.isArray(types)) return DEFAULT_PRODUCT_TYPES;
  return types.filter((type): type is string => typeof type === 'string');
}
