import {
  compileFilter,
  compileGroupBy,
  dependsOnTime,
  globRegex,
  parseFilter,
  parseGroupBy,
  tablesOf,
  type JsonObject,
} from '@meridian/core';
import { itemSource, type EvaluableStep, type StepSelection } from '@meridian/ops-db';

/** What a downstream step takes when it does not say: the data, not the plots and logs about them. */
const DEFAULT_PRODUCT_TYPES = ['SCIENCE', 'INTERMEDIATE'];

/**
 * Where a step's inputs come from: the grouping's raw items for a step that depends on nothing (or says `raw`), the
 * upstream steps' newest products otherwise.
 *
 * @throws DomainError `filter.*` or `group_by.*` when the stored definition is not valid any more.
 */
export function selectionOf(
  step: EvaluableStep,
  now: Date,
): StepSelection & { readonly isTimeDependent: boolean } {
  const filter = parseFilter(step.filter);
  const terms = parseGroupBy(step.groupBy);
  const plain = terms.flatMap((term) => (term.kind === 'dim' ? [term.name] : []));
  const { pattern } = step.inputs;
  return {
    stepId: step.id,
    source: itemSource(tablesOf(filter)),
    filter: compileFilter(filter, { now }),
    keyDims: compileGroupBy(terms),
    keyNames: plain,
    hasPlainKey: plain.length === terms.length,
    upstreamStepIds: step.upstreamStepIds,
    takesRaw: step.upstreamStepIds.length === 0 || step.inputs['raw'] === true,
    productTypes: productTypes(step.inputs),
    isTimeDependent: dependsOnTime(filter),
    pathPattern: typeof pattern === 'string' ? globRegex(pattern) : null,
  };
}

function productTypes(inputs: JsonObject): readonly string[] {
  const { types } = inputs;
  if (!Array.isArray(types)) return DEFAULT_PRODUCT_TYPES;
  return types.filter((type): type is string => typeof type === 'string');
}
