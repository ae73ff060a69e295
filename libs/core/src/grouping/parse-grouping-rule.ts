import { DocumentReader } from '../definition/document-reader.js';
import { DIMENSION_NAME } from '../filter/filter.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject, type Json } from '../shared/json.js';
import { DURATION_FORMS, ruleSeconds } from './duration.js';
import type { GroupByTerm } from './group-by-term.js';
import {
  GROUPING_LIMITS,
  KIND_DIMS,
  ON_DUPLICATE,
  ON_MISSING,
  type ClusterRule,
  type GroupingRule,
  type ItemRule,
  type Slots,
  type WindowRule,
} from './grouping-rule.js';
import { parseGroupBy } from './parse-group-by.js';
import { parseSplit, SPLIT_KEYS } from './parse-split-rule.js';

const KINDS = ['cluster', 'window', 'split', 'item'] as const;
type Kind = (typeof KINDS)[number];
const KEYS = ['by', ...KINDS];

/**
 * A step's `group_by`: a list of terms, or an object `{by: [terms], <kind>: {…}}` with at most one of the kinds
 * cluster, window, split and item.
 *
 * @throws DomainError `group_by.invalid` whose `problems` name every mistake by JSON pointer.
 */
export function parseGroupingRule(json: unknown): GroupingRule {
  if (!isJsonObject(json)) return { kind: 'by', terms: parseGroupBy(json) };
  const problems: Problem[] = [];
  const reader = DocumentReader.of(json, '', KEYS, problems);
  const rule = parseKind(reader, reader.parsed<readonly GroupByTerm[]>('by', [], parseGroupBy));
  for (const [index, term] of rule.terms.entries()) {
    if (KIND_DIMS[rule.kind].includes(term.name)) {
      const message = `gives the dimension "${term.name}", which the ${rule.kind} gives already`;
      reader.report('group_by.bad_term', ['by', index], message);
    }
  }
  if (problems.length === 0) return rule;
  throw new DomainError({
    kind: 'invalid',
    code: 'group_by.invalid',
    message: `group_by ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}`,
    action: 'Correct the rule at the paths that the problems name.',
    problems,
  });
}

function parseKind(reader: DocumentReader, terms: readonly GroupByTerm[]): GroupingRule {
  const [kind, second]: readonly (Kind | undefined)[] = KINDS.filter((name) => reader.has(name));
  if (second !== undefined)
    reader.report('group_by.kind', second, `may not stand beside "${kind}": a step has one kind of grouping`);
  if (kind === undefined) return { kind: 'by', terms };
  switch (kind) {
    case 'cluster':
      return parseCluster(reader.child(kind, CLUSTER_KEYS), terms);
    case 'window':
      return parseWindow(reader.child(kind, WINDOW_KEYS), terms);
    case 'split':
      return parseSplit(reader.child(kind, SPLIT_KEYS), terms);
    case 'item':
      return parseItem(reader.child(kind, ['bundle']), terms);
  }
}

const CLUSTER_KEYS = ['tolerance', 'slots', 'on_missing', 'on_duplicate', 'close_after'];

function parseCluster(reader: DocumentReader, terms: readonly GroupByTerm[]): ClusterRule {
  if (!reader.has('tolerance')) reader.report('definition.required', 'tolerance', '"tolerance" is required');
  return {
    kind: 'cluster',
    terms,
    toleranceSeconds: optionalSeconds(reader, 'tolerance') ?? 1,
    slots: parseSlots(reader.child('slots', ['dim', 'values', 'count', 'minimum'])),
    onMissing: reader.choice('on_missing', ON_MISSING, 'accept'),
    onDuplicate: reader.choice('on_duplicate', ON_DUPLICATE, 'last'),
    closeAfterSeconds: optionalSeconds(reader, 'close_after'),
  };
}

function parseSlots(reader: DocumentReader): Slots {
  const dim = reader.requiredText('dim', { pattern: DIMENSION_NAME, describe: 'the name of a dimension' });
  const values = reader.has('values') ? reader.list('values').map((value) => slotText(value)) : null;
  if (reader.has('values') === reader.has('count'))
    reader.report('definition.value', 'values', 'needs either "values" or "count"');
  if (values !== null) reportWrongSlots(reader, values);
  const count =
    values?.length ??
    (reader.integer('count', null, { min: 1, max: GROUPING_LIMITS.slots }) || GROUPING_LIMITS.slots);
  const minimum = reader.integer('minimum', count, { min: 1, max: Math.max(count, 1) });
  return { dim, values: values?.map((value) => value ?? '') ?? null, count, minimum };
}

function reportWrongSlots(reader: DocumentReader, values: readonly (string | null)[]): void {
  if (values.length === 0 || values.length > GROUPING_LIMITS.slots)
    reader.report('definition.value', 'values', `needs 1 to ${GROUPING_LIMITS.slots} values`);
  for (const [index, value] of values.entries()) {
    if (value === null)
      reader.report('definition.type', ['values', index], 'must be a text, a number, true or false');
    else if (values.indexOf(value) < index)
      reader.report('definition.value', ['values', index], `"${value}" is there twice`);
  }
}

/** The text that a slot is known by: numbers and texts that look alike are the same slot, as in `dims ->> name`. */
export function slotText(value: Json | undefined): string | null {
  return value === undefined || typeof value === 'object' ? null : String(value);
}

const WINDOW_KEYS = ['size', 'step', 'max_gap', 'max_span'];

function parseWindow(reader: DocumentReader, terms: readonly GroupByTerm[]): WindowRule {
  if (!reader.has('size')) reader.report('definition.required', 'size', '"size" is required');
  const size = reader.integer('size', 1, { min: 1, max: GROUPING_LIMITS.windowSize });
  // Windows further apart than they are long would leave items out.
  const step = reader.integer('step', size, { min: 1, max: size });
  return {
    kind: 'window',
    terms,
    size,
    step,
    maxGapSeconds: optionalSeconds(reader, 'max_gap'),
    maxSpanSeconds: optionalSeconds(reader, 'max_span'),
  };
}

function parseItem(reader: DocumentReader, terms: readonly GroupByTerm[]): ItemRule {
  return {
    kind: 'item',
    terms,
    bundle: reader.integer('bundle', 1, { min: 1, max: GROUPING_LIMITS.bundle }),
  };
}

function optionalSeconds(reader: DocumentReader, key: string): number | null {
  const value = reader.raw(key);
  if (value === undefined) return null;
  const seconds = typeof value === 'string' ? ruleSeconds(value) : null;
  if (seconds === null) reader.report('definition.value', key, `must be ${DURATION_FORMS}`);
  return seconds;
}
