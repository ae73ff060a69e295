import { DocumentReader, SLUG_PATTERN } from '../definition/document-reader.js';
import { DIMENSION_NAME, type Filter } from '../filter/filter.js';
import { parseFilter } from '../filter/parse-filter.js';
import { DURATION_FORMS, ruleSeconds } from '../grouping/duration.js';
import { PRODUCT_TYPES, type ProductType } from '../output/product-type.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { ASSOCIATION_POLICIES, type Association, type ProducerStep } from './association.js';

const KEYS = [
  'name',
  'select',
  'from',
  'policy',
  'max_offset',
  'warn_offset',
  'same',
  'before',
  'after',
  'required',
  'await_seconds',
] as const;

/** What is bound when a rule does not say: the data, not the plots and logs about them. */
const DEFAULT_TYPES: readonly ProductType[] = ['SCIENCE', 'INTERMEDIATE'];

/** More are no calibration plan but a mistake. */
const MOST_ASSOCIATIONS = 32;

/**
 * A step's `associations`: a list of `{name, select, from, policy, max_offset, warn_offset, same, before, after, required,
 * await_seconds}`.
 *
 * @throws DomainError `associations.invalid` whose `problems` name every mistake by JSON pointer.
 */
export function parseAssociations(json: unknown): readonly Association[] {
  const problems: Problem[] = [];
  const associations = readList(json as Json, problems);
  if (problems.length === 0) return associations;
  throw new DomainError({
    kind: 'invalid',
    code: 'associations.invalid',
    message: `The associations have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems[0]?.message ?? ''}`,
    action: 'Correct the associations at the paths that the problems name.',
    problems,
  });
}

function readList(json: Json, problems: Problem[]): Association[] {
  if (!Array.isArray(json) || json.length > MOST_ASSOCIATIONS) {
    const message = `must be a list of at most ${MOST_ASSOCIATIONS} associations`;
    problems.push({ code: 'definition.type', path: '', message });
    return [];
  }
  const names = new Set<string>();
  return (json as readonly Json[]).map((entry, index) => {
    const reader = DocumentReader.of(entry ?? null, `/${index}`, KEYS, problems);
    const association = readAssociation(reader);
    if (names.has(association.name))
      reader.report('definition.duplicate', 'name', `"${association.name}" is there twice`);
    names.add(association.name);
    return association;
  });
}

function readAssociation(reader: DocumentReader): Association {
  if (!reader.has('select') && !reader.has('from'))
    reader.report(
      'definition.required',
      'select',
      'needs "select", "from" or both: which items may be chosen',
    );
  const association = {
    name: reader.slug('name'),
    select: reader.parsed<Filter | null>('select', null, parseFilter),
    from: reader.has('from') ? readProducer(reader.child('from', ['pipeline', 'step', 'types'])) : null,
    policy: reader.choice('policy', ASSOCIATION_POLICIES, null),
    maxOffsetSeconds: readDuration(reader, 'max_offset'),
    warnOffsetSeconds: readDuration(reader, 'warn_offset'),
    same: readSame(reader),
    before: reader.boolean('before', true),
    after: reader.boolean('after', true),
    isRequired: reader.boolean('required', true),
    awaitSeconds: reader.integer('await_seconds', null, { min: 1 }),
  };
  checkReach(reader, association);
  if (association.awaitSeconds !== null && association.from === null)
    reader.report(
      'definition.value',
      'await_seconds',
      '"await_seconds" needs "from": the step that is waited for',
    );
  return association;
}

function readProducer(reader: DocumentReader): ProducerStep {
  const types = reader.textList('types').flatMap((type, index) => {
    const known = PRODUCT_TYPES.find((name) => name === type);
    if (known === undefined)
      reader.report('definition.value', ['types', index], `must be one of ${PRODUCT_TYPES.join(', ')}`);
    return known ?? [];
  });
  return {
    pipeline: reader.optionalText('pipeline', { pattern: SLUG_PATTERN }),
    step: reader.requiredText('step', { pattern: SLUG_PATTERN }),
    types: types.length > 0 ? types : DEFAULT_TYPES,
  };
}

function readDuration(reader: DocumentReader, key: string): number | null {
  const text = reader.optionalText(key);
  if (text === null) return null;
  const seconds = ruleSeconds(text);
  if (seconds === null) reader.report('definition.value', key, `"${key}" must be ${DURATION_FORMS}`);
  return seconds;
}

function readSame(reader: DocumentReader): readonly string[] {
  const names = reader.textList('same');
  names.forEach((name, index) => {
    if (!DIMENSION_NAME.test(name))
      reader.report('definition.value', ['same', index], `"${name}" is not the name of a dimension`);
    if (names.indexOf(name) < index)
      reader.report('definition.duplicate', ['same', index], 'is listed twice');
  });
  return names;
}

/** Settings that the policy would not look at are mistakes of the author's, not of ours. */
function checkReach(reader: DocumentReader, { policy, before, after, maxOffsetSeconds }: Association): void {
  if (policy === 'covering' && maxOffsetSeconds !== null)
    reader.report(
      'definition.value',
      'max_offset',
      'what covers a sub-group has no distance: "covering" takes no "max_offset"',
    );
  const hasSides = policy === 'nearest' || (policy === 'newest' && maxOffsetSeconds !== null);
  for (const key of ['before', 'after'] as const)
    if (reader.has(key) && !hasSides)
      reader.report('definition.value', key, `"${key}" belongs to "nearest", or "newest" with "max_offset"`);
  if (hasSides && !before && !after)
    reader.report('definition.value', 'after', 'one side must remain: "before" and "after" are both false');
}
