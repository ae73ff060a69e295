import { isJsonObject } from '@meridian/core';

/** What `path` leads to inside an answer that may be anything; undefined where it leads nowhere. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (!isJsonObject(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] | null => {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly unknown[]) : null;
};

/** A text that says something, else null. */
export const textAt = (value: unknown, ...path: readonly string[]): string | null => {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
};

/** A number: plain as v0.0.38 writes it, or `{set, infinite, number}` as its successors do; null when unset, infinite or absent. */
export function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = at(value, ...path);
  if (typeof found === 'number') return Number.isFinite(found) ? found : null;
  const isSet = at(found, 'set') === true && at(found, 'infinite') !== true;
  const number = at(found, 'number');
  return isSet && typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A whole number above 0: what ids and times are when they are told at all. */
export const positiveAt = (value: unknown, ...path: readonly string[]): number | null => {
  const found = numberAt(value, ...path);
  return found !== null && Number.isSafeInteger(found) && found > 0 ? found : null;
};

/** Words in upper case: one as v0.0.38 writes a state, a list as its successors do. Null when it is neither. */
export function wordsAt(value: unknown, ...path: readonly string[]): string[] | null {
  const found = at(value, ...path);
  const words = typeof found === 'string' ? [found] : found;
  if (!Array.isArray(words) || words.length === 0) return null;
  const isGood = words.every((word) => typeof word === 'string' && word.trim() !== '');
  return isGood ? (words as string[]).map((word) => word.trim().toUpperCase()) : null;
}

/** A moment in seconds since 1970; 0 is Slurm's never. */
export const momentAt = (value: unknown, ...path: readonly string[]): Date | null => {
  const seconds = positiveAt(value, ...path);
  return seconds === null ? null : new Date(seconds * 1000);
};
