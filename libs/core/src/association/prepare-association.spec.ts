import fc from 'fast-check';
import { ASSOCIATION_POLICIES, type Association, type AssociationCandidate } from './association.js';
import { chooseAssociation } from './choose-association.js';
import { prepareAssociation } from './prepare-association.js';

/** Small numbers, so that ends touch, times are equal and ties are common. */
const time = fc.integer({ min: 0, max: 30 }).map((n) => n * 1000);
const range = fc.tuple(time, time).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const dims = fc.record({ band: fc.constantFrom(1, 2, null) }, { requiredKeys: [] });
const rarely = fc.constantFrom(false, false, false, false, false, false, true);

const CANDIDATE = fc.record({
  range,
  isOpenBefore: rarely,
  isOpenAfter: rarely,
  dims,
  registeredAtMs: fc.integer({ min: 0, max: 5 }),
});
const TARGET = fc.record({ range: fc.option(range, { freq: 10 }), dims });
const seconds = fc.option(fc.integer({ min: 1, max: 20 }));

const RULE = fc.record({
  policy: fc.constantFrom(...ASSOCIATION_POLICIES),
  maxOffsetSeconds: seconds,
  warnOffsetSeconds: seconds,
  same: fc.constantFrom([], ['band']),
  before: fc.boolean(),
  after: fc.boolean(),
});

const candidateOf = (
  drawn: typeof CANDIDATE extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): AssociationCandidate => ({
  itemId: index + 1,
  contentHash: 'a'.repeat(64),
  dims: drawn.dims,
  validFromMs: drawn.isOpenBefore ? null : drawn.range[0],
  validToMs: drawn.isOpenAfter ? null : drawn.range[1],
  registeredAtMs: drawn.registeredAtMs,
});

describe('prepareAssociation', () => {
  it('chooses what chooseAssociation chooses, for every sub-group', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        RULE,
        fc.array(CANDIDATE, { maxLength: 25 }),
        fc.array(TARGET, { minLength: 1, maxLength: 8 }),
        (drawn, drawnCandidates, targets) => {
          const association: Association = {
            ...drawn,
            name: 'dark',
            select: null,
            from: null,
            isRequired: true,
            awaitSeconds: null,
          };
          const candidates = drawnCandidates.map(candidateOf);
          const choose = prepareAssociation(association, candidates);
          for (const target of targets) {
            const [from, to] = target.range ?? [null, null];
            const asked = { dims: target.dims, timeFromMs: from, timeToMs: to };
            const expected = chooseAssociation(association, asked, candidates);
            expect(choose(asked)).toEqual(expected);
            const how = expected.kind === 'missing' ? expected.reason : expected.items[0]?.method;
            seen.add(`${drawn.policy} ${how ?? ''}`);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect([...seen].sort()).toEqual([
      'covering covering',
      'covering no_such_dim',
      'covering none_found',
      'interpolate extrapolated',
      'interpolate interpolated',
      'interpolate nearest',
      'interpolate no_such_dim',
      'interpolate no_time',
      'interpolate none_found',
      'nearest covering',
      'nearest nearest',
      'nearest no_such_dim',
      'nearest none_found',
      'newest newest',
      'newest no_such_dim',
      'newest none_found',
    ]);
  });

  it('does not depend on the order of the candidates', () => {
    fc.assert(
      fc.property(RULE, fc.array(CANDIDATE, { maxLength: 12 }), TARGET, (drawn, drawnCandidates, target) => {
        const association = {
          ...drawn,
          name: 'dark',
          select: null,
          from: null,
          isRequired: true,
          awaitSeconds: null,
        };
        const candidates = drawnCandidates.map(candidateOf);
        const [from, to] = target.range ?? [null, null];
        const asked = { dims: target.dims, timeFromMs: from, timeToMs: to };
        expect(prepareAssociation(association, [...candidates].reverse())(asked)).toEqual(
          prepareAssociation(association, candidates)(asked),
        );
      }),
      { numRuns: 500 },
    );
  });
});
