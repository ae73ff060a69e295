import type { DocumentReader } from '../definition/document-reader.js';
import { dependsOnTime, DIMENSION_NAME, tablesOf, type Filter } from '../filter/filter.js';
import { parseJsonPath } from '../filter/json-path.js';
import { parseFilter } from '../filter/parse-filter.js';
import { isJsonObject } from '../shared/json.js';
import type { DeriveRule } from '../sky/derive-rule.js';
import { parseDeriveRules } from '../sky/parse-derive-rules.js';
import type { GroupByTerm } from './group-by-term.js';
import {
  GROUPING_LIMITS,
  SPLIT_METHODS,
  type Partition,
  type SplitRule,
  type ValueSource,
} from './grouping-rule.js';

export const SPLIT_KEYS = ['derive', 'partition', 'order_by', 'chunk', 'n', 'method', 'seed'];

/** The `split` of a group_by; the reader holds what is wrong with it. */
export function parseSplit(reader: DocumentReader, terms: readonly GroupByTerm[]): SplitRule {
  if (!reader.has('n')) reader.report('definition.required', 'n', '"n" is required');
  const derive = reader.parsed<readonly DeriveRule[]>('derive', [], parseDeriveRules);
  return {
    kind: 'split',
    terms,
    derive,
    partition: parsePartition(reader),
    orderBy: parseOrder(reader),
    chunk: reader.integer('chunk', 1, { min: 1, max: GROUPING_LIMITS.chunk }),
    n: reader.integer('n', 1, { min: 1, max: GROUPING_LIMITS.splits }),
    method: reader.choice('method', SPLIT_METHODS, 'interleave'),
    seed: reader.integer('seed', 0, { min: 0 }),
  };
}

function parsePartition(reader: DocumentReader): Partition {
  const json = reader.raw('partition');
  if (isJsonObject(json)) return parseValues(reader.child('partition', ['values_of', 'separator']));
  const entries = reader.list('partition');
  if (entries.length > GROUPING_LIMITS.cases)
    reader.report('definition.value', 'partition', `may have at most ${GROUPING_LIMITS.cases} cases`);
  if (entries.length === 0) return { kind: 'none' };
  const cases = reader.objects('partition', ['label', 'when'], parseCase);
  cases.forEach(({ label }, index) => {
    if (cases.findIndex((other) => other.label === label) < index)
      reader.report('definition.value', ['partition', index, 'label'], `"${label}" is there twice`);
  });
  return { kind: 'cases', cases };
}

function parseCase(reader: DocumentReader): { label: string; when: Filter } {
  const label = reader.requiredText('label');
  if (label.length > GROUPING_LIMITS.labelLength)
    reader.report('definition.value', 'label', `may have at most ${GROUPING_LIMITS.labelLength} characters`);
  if (!reader.has('when')) reader.report('definition.required', 'when', '"when" is required');
  const when = reader.parsed<Filter>('when', { op: 'all', of: [] }, parseFilter);
  const [table] = tablesOf(when);
  if (table !== undefined)
    reader.report('group_by.case', 'when', `may ask only of dims and DataItem, not of ${table}`);
  // Membership is a function of the members: a split must not change because an hour has passed.
  if (dependsOnTime(when)) reader.report('group_by.case', 'when', 'may not say "within_last"');
  return { label, when };
}

const parseValues = (reader: DocumentReader): Partition => ({
  kind: 'values',
  source: parseSource(reader, 'values_of', reader.requiredText('values_of')),
  separator: reader.has('separator') ? reader.requiredText('separator') : null,
});

function parseOrder(reader: DocumentReader): SplitRule['orderBy'] {
  const text = reader.optionalText('order_by');
  return text === null || text === 'obs_time' ? 'obs_time' : parseSource(reader, 'order_by', text);
}

function parseSource(reader: DocumentReader, key: string, text: string): ValueSource {
  const path = text.startsWith('metadata.') ? parseJsonPath(text.slice('metadata.'.length)) : null;
  if (path !== null) return { kind: 'metadata', path };
  if (!DIMENSION_NAME.test(text) && text !== '')
    reader.report('definition.value', key, 'must be the name of a dimension, or metadata.<path>');
  return { kind: 'dim', name: text };
}
