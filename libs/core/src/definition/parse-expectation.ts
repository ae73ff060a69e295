import { DIMENSION_NAME } from '../filter/filter.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonScalar } from '../shared/json.js';
import { DocumentReader } from './document-reader.js';

/** What a sub-group has when it is complete: so many members, or one for each value of a dimension (or at least `minimum` of them). */
export type Expectation =
  | { readonly kind: 'count'; readonly count: number }
  | {
      readonly kind: 'slots';
      readonly dim: string;
      readonly values: readonly JsonScalar[];
      readonly minimum: number;
    };

const EXPECTATION_LIMITS = { values: 10_000, textLength: 200 } as const;

/**
 * A step's `expect`: `{count: 16}` or `{slots: {dim: subband, values: [sb00, sb01]}, minimum: 12}`; without a minimum every value is needed.
 *
 * @throws DomainError `expect.invalid` whose `problems` name every mistake by JSON pointer.
 */
export function parseExpectation(json: unknown): Expectation {
  const problems: Problem[] = [];
  const expectation = readExpectation(json as Json, problems);
  if (problems.length === 0) return expectation;
  throw new DomainError({
    kind: 'invalid',
    code: 'expect.invalid',
    message: `expect ${problems[0]?.message ?? ''}`,
    action: 'Write {count: 16}, or {slots: {dim: subband, values: [sb00, sb01]}, minimum: 1}.',
    problems,
  });
}

function readExpectation(json: Json, problems: Problem[]): Expectation {
  const reader = DocumentReader.of(json ?? null, '', ['count', 'slots', 'minimum'], problems);
  if (isJsonObject(json) && reader.has('count') === reader.has('slots')) {
    reader.report('definition.value', [], 'must have either "count" or "slots"');
  }
  if (!reader.has('slots')) {
    if (reader.has('minimum')) reader.report('definition.value', 'minimum', '"minimum" belongs to "slots"');
    return { kind: 'count', count: reader.integer('count', 1, { min: 1 }) };
  }
  const slots = reader.child('slots', ['dim', 'values']);
  const dim = slots.requiredText('dim', { pattern: DIMENSION_NAME, describe: 'the name of a dimension' });
  const values = readValues(slots);
  const minimum = reader.integer('minimum', values.length, { min: 1, max: Math.max(values.length, 1) });
  return { kind: 'slots', dim, values, minimum };
}

function readValues(slots: DocumentReader): readonly JsonScalar[] {
  const given = slots.list('values');
  if (given.length === 0)
    slots.report('definition.value', 'values', '"values" must list the values that are expected');
  if (given.length > EXPECTATION_LIMITS.values) {
    slots.report(
      'definition.value',
      'values',
      `"values" may have at most ${EXPECTATION_LIMITS.values} entries`,
    );
    return [];
  }
  const seen = new Set<string>();
  return given.flatMap((value, index) => {
    const problem = valueProblem(value, seen);
    if (problem !== null) slots.report('definition.value', ['values', index], problem);
    seen.add(canonicalJson(value));
    return problem === null ? [value as JsonScalar] : [];
  });
}

function valueProblem(value: Json, seen: ReadonlySet<string>): string | null {
  const isValue = ['string', 'number', 'boolean'].includes(typeof value);
  if (!isValue) return 'must be a text, a number, true or false';
  if (typeof value === 'string' && (value === '' || value.length > EXPECTATION_LIMITS.textLength))
    return `must have 1 to ${EXPECTATION_LIMITS.textLength} characters`;
  return seen.has(canonicalJson(value)) ? 'is listed twice' : null;
}

/** The one text of an expectation in a definition, so that writing a default out changes nothing. */
export const expectationDocument = (expectation: Expectation): JsonObject => {
  switch (expectation.kind) {
    case 'count':
      return { count: expectation.count };
    case 'slots': {
      const { dim, values, minimum } = expectation;
      return { slots: { dim, values }, minimum };
    }
  }
};
