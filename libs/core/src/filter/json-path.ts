import type { Json } from '../shared/json.js';

/**
 * A key, or an index of a list. Keys begin with a letter or underscore, so that neither reader can take one for an
 * index (PostgreSQL reads ' 1' and '-1' as indexes, too).
 */
const SEGMENT = /^(?:0|[1-9][0-9]{0,8}|[A-Za-z_][A-Za-z0-9_ :-]{0,127})$/;

const MAX_SEGMENTS = 16;

/** `a.b.0.c` as its segments, or null when it is not a path that both readers walk alike. */
export function parseJsonPath(text: string): readonly string[] | null {
  const segments = text.split('.');
  return segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment))
    ? segments
    : null;
}

/** What PostgreSQL's `#>` finds; undefined where nothing is. */
export function valueAt(json: Json | undefined, path: readonly string[]): Json | undefined {
  let value = json;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !/^[0-9]/.test(segment)) return undefined;
    value = Object.hasOwn(value, segment) ? (value as Readonly<Record<string, Json>>)[segment] : undefined;
  }
  return value;
}
