import fc from 'fast-check';

/** Texts that have broken queries before: quotes, escapes, wildcards, placeholders, other scripts, near-numbers, near-times. */
export const TEXTS = [
  '',
  'NGC253',
  'ngc253',
  "O'Brien",
  '"quoted"',
  'back\\slash',
  '\\',
  '100%',
  'a_b',
  'a%b',
  'axb',
  '\\%',
  'été',
  'e\u0301te\u0301',
  'Ａ',
  '😀',
  '😀b',
  '\uE000',
  '\uFFFD',
  'line\nbreak',
  'tab\there',
  '\u00a0',
  '5',
  '5.0',
  ' 5',
  '1e400',
  'true',
  'null',
  'NaN',
  'Infinity',
  'ABC',
  'abc',
  'archived',
  "'; DROP TABLE data_item; --",
  '$1',
  '$$',
  '{}',
  '{"a":1}',
  '[1]',
  '2026-03-01',
  '2026-03-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2024-02-29',
  '2026-02-28T22:00:00.1234567-02:00',
  '2026-03-01 12:00',
  '0000-01-01',
  '9999-12-31T23:59:59-01:00',
  'infinity',
  '2026-W09',
] as const;

/** Written the way JavaScript writes them, since that is how every number reaches the database. */
export const NUMBERS = [0, 5, 5.5, -1, 0.1, 0.30000000000000004, 1e21, 1e-7, 1e308, 5e-324, 2 ** 53] as const;

export const TIMES = [
  '2026-03-01T00:00:00.000000Z',
  '2026-02-28T23:59:59.999999Z',
  '2026-03-01T00:00:00.000001Z',
  '2026-03-29T01:30:00.000000Z',
  '2024-02-29T12:00:00.500000Z',
  '1999-12-31T23:59:59.000000Z',
  '2000-01-03T00:00:00.000000Z',
  '2000-01-02T23:59:59.999999Z',
  '1969-12-31T23:59:59.500000Z',
  '1858-11-17T00:00:00.000000Z',
  '2026-02-24T12:00:00.000000Z',
  '2026-03-01T12:34:56.789012Z',
  '2026-03-05T00:00:00.000000Z',
] as const;

/** Positions as [RA, Dec]: poles, the RA wrap, pixel edges, and numbers whose products underflow. */
export const POSITIONS = [
  [0, 90],
  [123, 90],
  [0, -90],
  [359.99999999999994, 0],
  [0, 0],
  [359.9999, 10],
  [0.0001, 10],
  [45, 30],
  [90, 30],
  [180, -30],
  [270, 41.810314895778596],
  [10, 89.99999],
  [190, 89.99999],
  [5e-324, 5e-324],
  [1e-200, -1e-200],
  [1e-200, 90],
  [83.633, 22.0145],
  [266.417, -29.008],
  [315, 60],
  [22.5, 66.44353569089877],
] as const;

export const DIMENSION_NAMES = [
  'a',
  'b',
  'source',
  'constructor',
  '__proto__',
  'obs_date',
  'healpix_4',
  'obs_time_10min',
  'x_y',
] as const;

/** Of no hostile item. */
export const UNKNOWN_DIMENSION = 'nobody_has_this';

export const JSON_PATHS = [
  'x',
  'x.y',
  'x.0',
  'list.0',
  'list.1.y',
  'list.x',
  'DATE-OBS',
  '0',
  'constructor',
  'x.y.z',
] as const;

export const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', 'é', '😀'), maxLength: 5 }),
);
export const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer({ min: -3, max: 6 }));
export const scalar = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: number },
  { weight: 1, arbitrary: fc.boolean() },
);
export const time = fc.constantFrom(...TIMES);
export const position = fc.oneof(
  fc.constantFrom(...POSITIONS),
  fc.tuple(
    fc.integer({ min: 0, max: 359_999 }).map((n) => n / 1000),
    fc.integer({ min: -90_000, max: 90_000 }).map((n) => n / 1000),
  ),
);
