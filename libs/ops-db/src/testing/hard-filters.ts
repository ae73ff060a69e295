import { isJsonObject, type Json, type JsonObject } from '@meridian/core';
import { UNKNOWN_DIMENSION } from './hostile-values.js';

/** What filters have got wrong before, and so has to be there in numbers when many are compared. */
export const HARD_FEATURES = {
  hostileValue: 'a value with quotes, escapes, wildcards or another script',
  unknownDimension: 'a dimension that no item has',
  coneOverPole: 'a cone over a pole',
  rangeAcrossMidnight: 'a range of time across midnight',
  nullUnderNot: 'a negation of a rule on what some items lack',
} as const;
export type HardFeature = keyof typeof HARD_FEATURES;

/** Which of them a filter, as it is written, has. */
export function hardFeaturesOf(filter: Json): ReadonlySet<HardFeature> {
  const found = new Set<HardFeature>();
  walk(filter, false, found);
  return found;
}

function walk(filter: Json, isNegated: boolean, found: Set<HardFeature>): void {
  if (Array.isArray(filter))
    return (filter as readonly Json[]).forEach((part) => walk(part, isNegated, found));
  if (!isJsonObject(filter)) return;
  if ('all' in filter) return walk(filter['all'] ?? [], isNegated, found);
  if ('any' in filter) return walk(filter['any'] ?? [], isNegated, found);
  if ('not' in filter) return walk(filter['not'] ?? [], true, found);
  if (texts(filter['value'] ?? null).some(isHostile)) found.add('hostileValue');
  if (filter['dim'] === UNKNOWN_DIMENSION) found.add('unknownDimension');
  if (filter['operator'] === 'cone' && isOverPole(filter['value'] as JsonObject)) found.add('coneOverPole');
  if (filter['operator'] === 'overlaps' && isAcrossMidnight(filter['value'] as JsonObject))
    found.add('rangeAcrossMidnight');
  if (isNegated && mayBeMissing(filter)) found.add('nullUnderNot');
}

const texts = (value: Json): string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly Json[]).flatMap(texts) : [];
};

const isHostile = (text: string): boolean => /['"\\$%;{}\u0080-\uffff]/.test(text);

function isOverPole({ dec_deg, radius_deg }: JsonObject): boolean {
  return Math.abs(Number(dec_deg)) + Number(radius_deg) >= 90;
}

/** Without an end, a range goes on across every midnight. */
function isAcrossMidnight({ start, end }: JsonObject): boolean {
  return typeof start !== 'string' || typeof end !== 'string' || start.slice(0, 10) !== end.slice(0, 10);
}

const ALWAYS_THERE = ['id', 'kind', 'name', 'content_hash', 'size_bytes', 'registered_at'];

function mayBeMissing({ table, column, operator }: JsonObject): boolean {
  return (
    operator !== 'is_null' &&
    !(table === 'DataItem' && typeof column === 'string' && ALWAYS_THERE.includes(column))
  );
}
