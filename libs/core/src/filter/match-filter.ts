import type { Json } from '../shared/json.js';
import { compareText } from './compare-text.js';
import type { Field, Filter, Rule, RuleValue } from './filter.js';
import { canonicalInstant, instantOf } from './instant.js';
import { fieldOf, type ItemRow } from './item-row.js';
import { matchesLike } from './like-pattern.js';
import { matchesPattern } from './regular-expression.js';
import { angularSeparationDeg, CONE_TOLERANCE_DEG } from './sphere.js';

/**
 * Whether a filter selects a row: the meaning that `compileFilter` repeats in SQL.
 *
 * @param now the moment that `within_last` counts back from.
 */
export function matchesFilter(filter: Filter, row: ItemRow, now: Date): boolean {
  switch (filter.op) {
    case 'all':
      return filter.of.every((part) => matchesFilter(part, row, now));
    case 'any':
      return filter.of.some((part) => matchesFilter(part, row, now));
    case 'not':
      return !matchesFilter(filter.of, row, now);
    case 'overlaps':
      return overlaps(filter, row);
    case 'cone':
      return isInCone(filter, row);
    case 'is_null':
      return (fieldOf(filter.field, row) === null) === filter.expected;
    default: {
      const value = comparable(filter.field, fieldOf(filter.field, row));
      return value !== null && matchesRule(filter, value, now);
    }
  }
}

type ValueRule = Exclude<Rule, { op: 'overlaps' | 'cone' | 'is_null' }>;

function matchesRule(rule: ValueRule, value: RuleValue, now: Date): boolean {
  switch (rule.op) {
    case 'eq':
      return value === rule.value;
    case 'neq':
      return value !== rule.value;
    case 'in':
      return rule.values.includes(value);
    case 'not_in':
      return !rule.values.includes(value);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return isOrdered(rule.op, compareValues(value, rule.value));
    case 'between':
      return (
        isOrdered('gte', compareValues(value, rule.low)) && isOrdered('lte', compareValues(value, rule.high))
      );
    case 'like':
      return typeof value === 'string' && matchesLike(value, rule.pattern);
    case 'regex':
      return typeof value === 'string' && matchesPattern(value, rule.pattern);
    case 'within_last':
      return isWithinLast(value, rule.seconds, now);
  }
}

/** A scalar in the form that rules compare; null for what is missing or is no scalar. */
function comparable(field: Field, value: Json): RuleValue | null {
  if (typeof value === 'object') return null;
  if (field.kind === 'column' && field.type === 'timestamp') return canonicalInstant(String(value));
  return value;
}

/** Negative, zero or positive; null when the two have no order. */
function compareValues(left: RuleValue, right: string | number): number | null {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  return typeof left === 'number' && typeof right === 'number' ? left - right : null;
}

function isOrdered(op: 'gt' | 'gte' | 'lt' | 'lte', order: number | null): boolean {
  if (order === null) return false;
  switch (op) {
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}

function isWithinLast(value: RuleValue, seconds: number, now: Date): boolean {
  const at = typeof value === 'string' ? canonicalInstant(value) : null;
  return at !== null && instantOf(new Date(now.getTime() - seconds * 1000)) <= at && at <= instantOf(now);
}

/** SQL's OVERLAPS: both ranges without their ends, but an item without duration is its one moment. */
function overlaps(rule: { start: string | null; end: string | null }, row: ItemRow): boolean {
  const first = row.obs_time === null ? null : canonicalInstant(row.obs_time);
  if (first === null) return false;
  const last = row.obs_time_end === null ? first : (canonicalInstant(row.obs_time_end) ?? first);
  return (
    (rule.end === null || first < rule.end) &&
    (rule.start === null || first >= rule.start || last > rule.start)
  );
}

function isInCone(rule: { raDeg: number; decDeg: number; radiusDeg: number }, row: ItemRow): boolean {
  if (row.ra_deg === null || row.dec_deg === null) return false;
  return (
    angularSeparationDeg(row.ra_deg, row.dec_deg, rule.raDeg, rule.decDeg) <=
    rule.radiusDeg + CONE_TOLERANCE_DEG
  );
}
