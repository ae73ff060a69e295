import type { FilterProblems, ValueAt } from './filter-problems.js';
import { FILTER_LIMITS, type Field, type FilterOperator, type Rule, type RuleValue } from './filter.js';
import { durationSeconds } from './instant.js';
import { isLikePattern } from './like-pattern.js';
import { parseRegularExpression } from './parse-regular-expression.js';
import { REGEX_SUBSET } from './regular-expression.js';
import { isStorableText, parseScalar, upperCaseAscii, type ValueType } from './parse-scalar.js';

type ComparisonOperator = Exclude<FilterOperator, 'overlaps' | 'cone'>;

const EQUALITY = ['eq', 'neq', 'in', 'not_in', 'is_null'] as const;
const ORDER = ['gt', 'gte', 'lt', 'lte', 'between'] as const;

/** What can be asked of a value, by its type; `any` is a dimension or a value inside JSON. */
const OPERATORS_OF: Readonly<Record<ValueType, readonly ComparisonOperator[]>> = {
  any: [...EQUALITY, ...ORDER, 'like', 'regex', 'within_last'],
  text: [...EQUALITY, ...ORDER, 'like', 'regex'],
  enum: [...EQUALITY, 'like'],
  uuid: EQUALITY,
  integer: [...EQUALITY, ...ORDER],
  float: [...EQUALITY, ...ORDER],
  boolean: EQUALITY,
  timestamp: [...EQUALITY, ...ORDER, 'within_last'],
};

const typeOf = (field: Field): ValueType => (field.kind === 'column' ? field.type : 'any');

/** A rule over one field, or null after reporting what is wrong with its value. */
export function parseComparison(
  operator: ComparisonOperator,
  field: Field,
  value: ValueAt,
  problems: FilterProblems,
): Rule | null {
  const type = typeOf(field);
  if (!OPERATORS_OF[type].includes(operator)) {
    const message = `cannot be asked of a value of type ${type}: use one of ${OPERATORS_OF[type].join(', ')}`;
    return problems.report(
      'filter.operator_not_applicable',
      [...value.path.slice(0, -1), 'operator'],
      message,
    );
  }
  switch (operator) {
    case 'eq':
    case 'neq': {
      const one = parseScalar(field, value, problems);
      return one === null ? null : { op: operator, field, value: one };
    }
    case 'in':
    case 'not_in': {
      const values = parseValues(field, value, problems);
      return values === null ? null : { op: operator, field, values };
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const one = parseOrdered(field, value, problems);
      return one === null ? null : { op: operator, field, value: one };
    }
    case 'between':
      return parseBetween(field, value, problems);
    case 'like':
      return parseLike(field, value, problems);
    case 'regex':
      return parseRegex(field, value, problems);
    case 'is_null':
      if (typeof value.json === 'boolean') return { op: 'is_null', field, expected: value.json };
      return problems.report(
        'filter.wrong_value',
        value.path,
        '"is_null" needs true (it is missing) or false (it is there)',
      );
    case 'within_last':
      return parseWithinLast(field, value, problems);
  }
}

function parseValues(
  field: Field,
  { json, path }: ValueAt,
  problems: FilterProblems,
): readonly RuleValue[] | null {
  if (!Array.isArray(json) || json.length === 0 || json.length > FILTER_LIMITS.valuesPerRule) {
    return problems.report(
      'filter.wrong_value',
      path,
      `needs a list of 1 to ${FILTER_LIMITS.valuesPerRule} values`,
    );
  }
  const values = json.map((entry: unknown, index) =>
    parseScalar(field, { json: entry, path: [...path, index] }, problems),
  );
  return values.includes(null) ? null : values.filter((entry) => entry !== null);
}

function parseOrdered(field: Field, value: ValueAt, problems: FilterProblems): string | number | null {
  const one = parseScalar(field, value, problems);
  if (typeof one !== 'boolean') return one;
  return problems.report(
    'filter.wrong_value',
    value.path,
    'needs a number or a text: true and false have no order',
  );
}

function parseBetween(field: Field, { json, path }: ValueAt, problems: FilterProblems): Rule | null {
  if (!Array.isArray(json) || json.length !== 2)
    return problems.report(
      'filter.wrong_value',
      path,
      '"between" needs a list [lowest, highest], both inclusive',
    );
  const low = parseOrdered(field, { json: json[0], path: [...path, 0] }, problems);
  const high = parseOrdered(field, { json: json[1], path: [...path, 1] }, problems);
  if (low === null || high === null) return null;
  if (typeof low === typeof high) return { op: 'between', field, low, high };
  return problems.report('filter.wrong_value', path, '"between" needs two numbers or two texts');
}

function parseLike(field: Field, { json, path }: ValueAt, problems: FilterProblems): Rule | null {
  if (!isStorableText(json))
    return problems.report(
      'filter.wrong_value',
      path,
      '"like" needs a text: % is any run of characters, _ any one, \\ escapes',
    );
  if (json.length > FILTER_LIMITS.patternLength)
    return problems.report(
      'filter.wrong_value',
      path,
      `a pattern has at most ${FILTER_LIMITS.patternLength} characters`,
    );
  if (!isLikePattern(json))
    return problems.report(
      'filter.wrong_value',
      path,
      'ends with a lone backslash: write \\\\ for a backslash itself',
    );
  return { op: 'like', field, pattern: typeOf(field) === 'enum' ? upperCaseAscii(json) : json };
}

function parseRegex(field: Field, { json, path }: ValueAt, problems: FilterProblems): Rule | null {
  if (!isStorableText(json) || json.length > FILTER_LIMITS.patternLength) {
    return problems.report(
      'filter.wrong_value',
      path,
      `"regex" needs a text of at most ${FILTER_LIMITS.patternLength} characters`,
    );
  }
  const parsed = parseRegularExpression(json);
  if ('node' in parsed) return { op: 'regex', field, pattern: parsed.node };
  return problems.report(
    'filter.bad_regex',
    path,
    `the pattern ${parsed.problem}; allowed are ${REGEX_SUBSET}`,
  );
}

function parseWithinLast(field: Field, { json, path }: ValueAt, problems: FilterProblems): Rule | null {
  const seconds = typeof json === 'string' ? durationSeconds(json) : null;
  if (seconds !== null) return { op: 'within_last', field, seconds };
  return problems.report(
    'filter.wrong_value',
    path,
    '"within_last" needs an ISO 8601 duration in weeks, days, hours, minutes or seconds, like P7D, PT12H or P1DT6H (years and months differ in length)',
  );
}
