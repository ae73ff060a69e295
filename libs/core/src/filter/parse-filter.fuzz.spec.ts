import fc from 'fast-check';
import { DomainError } from '../shared/domain-error.js';
import { FILTER_TABLE_NAMES } from './column-catalogue.js';
import { compileFilter } from './compile-filter.js';
import { FILTER_OPERATORS } from './filter.js';
import type { ItemRow } from './item-row.js';
import { matchesFilter } from './match-filter.js';
import { parseFilter } from './parse-filter.js';
import { parseRegularExpression } from './parse-regular-expression.js';
import { matchesPattern, postgresPattern } from './regular-expression.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const ROW: ItemRow = {
  id: 1,
  kind: 'RAW_DATA_FILE',
  name: 'a',
  content_hash: '',
  size_bytes: 5,
  obs_time: null,
  obs_time_end: null,
  ra_deg: null,
  dec_deg: null,
  registered_at: '2026-03-01T00:00:00Z',
  dims: { a: 5 },
  metadata: {},
  tables: {},
};

const ODD: readonly unknown[] = [
  '',
  'a',
  'name',
  'state',
  'metadata',
  'id',
  'x.y',
  '__proto__',
  'constructor',
  "'; --",
  '\0',
  '\ud800',
  'P1D',
  '2026-03-01',
  '[',
  '(a',
  'a\\',
  null,
  undefined,
  true,
  0,
  -1,
  5.5,
  1e308,
  NaN,
  Infinity,
  [],
  [1],
  ['a', 'b'],
  [1, 2],
  {},
  { start: '2026-03-01' },
  { ra_deg: 1, dec_deg: 1, radius_deg: 1 },
];
const COLUMNS = ['name', 'state', 'metadata', 'id', 'size_bytes', 'available', 'obs_time'];

/** Numbers below `limit`, the same ones in every run (a linear congruential generator). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Rules and trees that are nearly right, made much faster than fast-check makes them: their number is what counts here. */
function oddFilter(below: (limit: number) => number, depth = 0): unknown {
  const pick = (values: readonly unknown[]): unknown => values[below(values.length)];
  const mostly = (values: readonly unknown[]): unknown => (below(5) === 0 ? pick(ODD) : pick(values));
  const shape = below(depth > 2 ? 3 : 16);
  const children = (): unknown[] => Array.from({ length: below(4) }, () => oddFilter(below, depth + 1));
  if (shape === 3) return children();
  if (shape === 4)
    return {
      [String(pick(['all', 'any', 'not', 'x']))]: below(2) === 0 ? children() : oddFilter(below, depth + 1),
    };
  if (shape === 5 && depth > 0) return pick(ODD);
  const value = pick(ODD);
  const operator = mostly(FILTER_OPERATORS);
  if (below(3) === 0) return { dim: mostly(['a', 'b']), operator, value };
  if (below(8) === 0) return { operator, value };
  return {
    table: mostly(FILTER_TABLE_NAMES),
    column: mostly(COLUMNS),
    operator,
    value,
    ...(below(4) === 0 && { json_path: mostly(['x', 'x.y', 'x.0']) }),
  };
}

/** True when it was read; a filter that was read must also compile and match. */
function reads(json: unknown): boolean {
  try {
    const filter = parseFilter(json);
    compileFilter(filter, { now: NOW });
    matchesFilter(filter, ROW, NOW);
    return true;
  } catch (error) {
    if (
      error instanceof DomainError &&
      error.problems.length > 0 &&
      error.problems.every(({ path }) => path === '' || path.startsWith('/'))
    )
      return false;
    throw error;
  }
}

describe('parseFilter, whatever it is given', () => {
  // Jest asks for 100 frames with every error, and most of these shapes are errors.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 5;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('reads it or says what is wrong, for 100 000 shapes', () => {
    const below = numbers(1);
    let read = 0;
    for (let count = 0; count < 100_000; count += 1) read += reads(oddFilter(below)) ? 1 : 0;
    expect(read).toBeGreaterThan(5_000);
  });

  it('reads it or says what is wrong, for values of any kind', () => {
    fc.assert(
      fc.property(
        fc.anything({
          maxDepth: 3,
          withBigInt: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
        }),
        (json) => void reads(json),
      ),
      { numRuns: 2000 },
    );
  });

  it('reads patterns that are the same in JavaScript, or says what is wrong, for 20 000 patterns', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'é',
      '.',
      '^',
      '$',
      '*',
      '+',
      '?',
      '{',
      '}',
      '{2}',
      '{1,}',
      ',',
      '(',
      ')',
      '|',
      '[',
      ']',
      '[^',
      '-',
      '\\',
      '\\d',
      '\\W',
      '\\n',
      '0',
      '_',
      '[a-c]',
      ' ',
    );
    const subject = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'é', '0', '_', '-', ' ', '\n', '😀'),
      maxLength: 6,
    });
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('')),
        subject,
        (pattern, text) => {
          const parsed = parseRegularExpression(pattern);
          if ('problem' in parsed) return;
          read += 1;
          // Our PostgreSQL pattern is valid JavaScript, too, once signs that JavaScript will not have escaped are code points.
          const own = new RegExp(
            postgresPattern(parsed.node).replace(
              /\\([^a-zA-Z0-9])/g,
              (_, sign: string) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
            ),
            'su',
          );
          expect({ pattern, text, matches: matchesPattern(text, parsed.node) }).toEqual({
            pattern,
            text,
            matches: own.test(text),
          });
        },
      ),
      { numRuns: 20_000, seed: 2 },
    );
    expect(read).toBeGreaterThan(2000);
  });
});
