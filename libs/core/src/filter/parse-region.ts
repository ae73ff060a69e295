import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { FilterProblems, ValueAt } from './filter-problems.js';
import type { Rule } from './filter.js';
import { canonicalInstant } from './instant.js';
import { isFiniteNumber } from './parse-scalar.js';

const CONE_RANGES = { ra_deg: [0, 360], dec_deg: [-90, 90], radius_deg: [0, 180] } as const;

/** A circle on the sky from `{ra_deg, dec_deg, radius_deg}`, or null after reporting what is wrong. */
export function parseCone({ json, path }: ValueAt, problems: FilterProblems): Rule | null {
  const expected = '"cone" needs {"ra_deg": 0 to 360, "dec_deg": -90 to 90, "radius_deg": 0 to 180}';
  if (!isJsonObject(json)) return problems.report('filter.wrong_value', path, expected);
  const unknown = reportUnknownKeys(json, { path, keys: Object.keys(CONE_RANGES), expected }, problems);
  const [raDeg, decDeg, radiusDeg] = (['ra_deg', 'dec_deg', 'radius_deg'] as const).map((name) => {
    const [least, most] = CONE_RANGES[name];
    const value = json[name];
    if (isFiniteNumber(value) && value >= least && value <= most) return value;
    return problems.report('filter.wrong_value', [...path, name], `needs a number from ${least} to ${most}`);
  });
  if (unknown || typeof raDeg !== 'number' || typeof decDeg !== 'number' || typeof radiusDeg !== 'number')
    return null;
  return { op: 'cone', raDeg, decDeg, radiusDeg };
}

/** A range of time from `{start, end}`, either of which may be left out, or null after reporting what is wrong. */
export function parseTimeRange({ json, path }: ValueAt, problems: FilterProblems): Rule | null {
  const expected = '"overlaps" needs {"start": time, "end": time}; leave one out for an open range';
  if (!isJsonObject(json) || (json['start'] === undefined && json['end'] === undefined)) {
    return problems.report('filter.wrong_value', path, expected);
  }
  const unknown = reportUnknownKeys(json, { path, keys: ['start', 'end'], expected }, problems);
  const [start, end] = (['start', 'end'] as const).map((name) => {
    const value = json[name];
    if (value === undefined) return null;
    const instant = typeof value === 'string' ? canonicalInstant(value) : null;
    if (instant === null)
      problems.report(
        'filter.wrong_value',
        [...path, name],
        'needs an ISO 8601 time, like "2026-03-01T12:30:00Z"',
      );
    return instant ?? undefined;
  });
  if (unknown || start === undefined || end === undefined) return null;
  if (start !== null && end !== null && start >= end) {
    return problems.report(
      'filter.wrong_value',
      path,
      'ends before it has started: "end" is exclusive and must come after "start"',
    );
  }
  return { op: 'overlaps', start, end };
}

function reportUnknownKeys(
  json: JsonObject,
  { path, keys, expected }: { path: ValueAt['path']; keys: readonly string[]; expected: string },
  problems: FilterProblems,
): boolean {
  const unknown = Object.keys(json).filter((key) => !keys.includes(key));
  for (const key of unknown)
    problems.report('filter.unknown_key', [...path, key], `is not known here: ${expected}`);
  return unknown.length > 0;
}
