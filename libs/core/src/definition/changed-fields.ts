import { canonicalJson, type Json } from '../shared/json.js';

/** Names of the members that differ by value, in the order of `wanted`. Members that `stored` alone has do not count. */
export const changedFields = (
  stored: Readonly<Record<string, Json>>,
  wanted: Readonly<Record<string, Json>>,
): string[] =>
  Object.keys(wanted).filter(
    (name) => canonicalJson(stored[name] ?? null) !== canonicalJson(wanted[name] ?? null),
  );
