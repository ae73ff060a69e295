import type { ColumnType, FilterTable } from './column-catalogue.js';
import type { PatternNode } from './regular-expression.js';

/** What a rule looks at. */
export type Field =
  | { readonly kind: 'dim'; readonly name: string }
  | {
      readonly kind: 'json';
      readonly table: FilterTable;
      readonly column: string;
      readonly sql: string;
      readonly path: readonly string[];
    }
  | {
      readonly kind: 'column';
      readonly table: FilterTable;
      readonly column: string;
      readonly sql: string;
      readonly type: Exclude<ColumnType, 'json'>;
    };

/** A value of a rule. Times are canonical instants (`canonicalInstant`), enum values are spelt as stored. */
export type RuleValue = string | number | boolean;

/** One comparison, checked: every rule that a parser let through can be compiled and matched without an error. */
export type Rule =
  | { readonly op: 'eq' | 'neq'; readonly field: Field; readonly value: RuleValue }
  | { readonly op: 'in' | 'not_in'; readonly field: Field; readonly values: readonly RuleValue[] }
  | { readonly op: 'gt' | 'gte' | 'lt' | 'lte'; readonly field: Field; readonly value: string | number }
  | {
      readonly op: 'between';
      readonly field: Field;
      readonly low: string | number;
      readonly high: string | number;
    }
  | { readonly op: 'like'; readonly field: Field; readonly pattern: string }
  | { readonly op: 'regex'; readonly field: Field; readonly pattern: PatternNode }
  | { readonly op: 'is_null'; readonly field: Field; readonly expected: boolean }
  | { readonly op: 'within_last'; readonly field: Field; readonly seconds: number }
  | { readonly op: 'overlaps'; readonly start: string | null; readonly end: string | null }
  | { readonly op: 'cone'; readonly raDeg: number; readonly decDeg: number; readonly radiusDeg: number };

/**
 * Which items a grouping selects. `all: []` is everything, `any: []` nothing.
 *
 * Meaning, the same for `compileFilter` and `matchesFilter`: a rule is true or it is not; there is no third value.
 * A rule on something missing (an absent or null dimension, JSON value, column or joined row) is never true, `neq` and
 * `not_in` included; only `is_null` and `not` can select what is missing. Values of different JSON types are unequal
 * (`neq` is true) and never ordered; a dimension that holds a list or an object equals nothing and counts as missing
 * for everything but `is_null`. Text is ordered by code point.
 */
export type Filter =
  | { readonly op: 'all' | 'any'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | Rule;

export const FILTER_OPERATORS = [
  'eq',
  'neq',
  'in',
  'not_in',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'between',
  'is_null',
  'regex',
  'within_last',
  'overlaps',
  'cone',
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** Bounds that keep a filter's SQL and its evaluation small. */
export const FILTER_LIMITS = {
  depth: 16,
  nodes: 500,
  valuesPerRule: 1000,
  textLength: 1000,
  patternLength: 200,
} as const;

/** Dimension names: a letter or underscore, then letters, digits and underscores, at most 63 in all. */
export const DIMENSION_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The tables that a filter's rules read, DataItem excepted: what the FROM clause must join. */
export function tablesOf(filter: Filter): ReadonlySet<FilterTable> {
  const tables = rulesOf(filter).flatMap((rule) =>
    'field' in rule && rule.field.kind !== 'dim' ? [rule.field.table] : [],
  );
  return new Set(tables.filter((table) => table !== 'DataItem'));
}

/** True when the passing of time alone can change what the filter selects. */
export const dependsOnTime = (filter: Filter): boolean =>
  rulesOf(filter).some((rule) => rule.op === 'within_last');

function rulesOf(filter: Filter): readonly Rule[] {
  switch (filter.op) {
    case 'all':
    case 'any':
      return filter.of.flatMap(rulesOf);
    case 'not':
      return rulesOf(filter.of);
    default:
      return [filter];
  }
}
