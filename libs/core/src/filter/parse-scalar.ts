import { columnsOf, type ColumnType } from './column-catalogue.js';
import type { FilterProblems, ValueAt } from './filter-problems.js';
import { FILTER_LIMITS, type Field, type RuleValue } from './filter.js';
import { canonicalInstant } from './instant.js';

/** The type of what a field holds; `any` is a dimension or a value inside JSON: text, number or boolean. */
export type ValueType = Exclude<ColumnType, 'json'> | 'any';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Only a to z: other letters' capitals may differ between the readers, and no stored value has any. */
export const upperCaseAscii = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** A text that PostgreSQL can hold: no NUL, no half of a surrogate pair, not overlong. */
export const isStorableText = (json: unknown): json is string =>
  typeof json === 'string' &&
  json.length <= FILTER_LIMITS.textLength &&
  !json.includes('\0') &&
  !/\p{Surrogate}/u.test(json);

/** One value of the field's type in its canonical form, or null after reporting what it should be. */
export function parseScalar(
  field: Field,
  { json, path }: ValueAt,
  problems: FilterProblems,
): RuleValue | null {
  const wrong = (expected: string): null => problems.report('filter.wrong_value', path, `needs ${expected}`);
  const type = field.kind === 'column' ? field.type : 'any';
  switch (type) {
    case 'any':
      if (isStorableText(json) || typeof json === 'boolean' || isFiniteNumber(json)) return json;
      return wrong(
        `a text of at most ${FILTER_LIMITS.textLength} characters, a number, true or false (for a missing value: "is_null")`,
      );
    case 'text':
      return isStorableText(json) ? json : wrong(`a text of at most ${FILTER_LIMITS.textLength} characters`);
    case 'enum':
      return enumValue(field, json) ?? wrong(`one of ${enumValues(field).join(', ')}`);
    case 'uuid':
      return typeof json === 'string' && UUID.test(json)
        ? json.toLowerCase()
        : wrong('a UUID, like "6a4bd9b2-9c1f-4e0e-8f42-0c6f5a1d2e3f"');
    case 'integer':
    case 'float':
      return isFiniteNumber(json) ? json : wrong('a number (without quotes)');
    case 'boolean':
      return typeof json === 'boolean' ? json : wrong('true or false');
    case 'timestamp': {
      const instant = typeof json === 'string' ? canonicalInstant(json) : null;
      return (
        instant ??
        wrong(
          'an ISO 8601 time, like "2026-03-01" or "2026-03-01T12:30:00Z" (UTC unless an offset says otherwise)',
        )
      );
    }
  }
}

export const isFiniteNumber = (json: unknown): json is number =>
  typeof json === 'number' && Number.isFinite(json);

function enumValues(field: Field): readonly string[] {
  return field.kind === 'column' ? (columnsOf(field.table)[field.column]?.values ?? []) : [];
}

function enumValue(field: Field, json: unknown): string | undefined {
  if (typeof json !== 'string') return undefined;
  const spelt = upperCaseAscii(json);
  return enumValues(field).find((value) => value === spelt);
}
