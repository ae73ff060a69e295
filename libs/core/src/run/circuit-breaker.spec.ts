import fc from 'fast-check';
import { decideProbe, decideTrips, type AttemptOutcome, type BreakerRule } from './circuit-breaker.js';
import { FAILURE_CLASSES, type FailureClass } from './failure-class.js';

const RULE: BreakerRule = {
  failures: 3,
  of: 5,
  windowSeconds: 3600,
  coolDownSeconds: 60,
  maxCoolDownSeconds: 600,
};
const BREAKING: readonly FailureClass[] = [
  'INFRASTRUCTURE',
  'COLLECTION',
  'TRANSIENT',
  'SOFTWARE',
  'CONTRACT',
];

const ended = (failureClass: FailureClass | null, ageSeconds = 10): AttemptOutcome => ({
  failureClass,
  reason: failureClass === null ? '' : `${failureClass} ${ageSeconds} s ago`,
  ageSeconds,
});
const anOutcome = fc
  .tuple(fc.option(fc.constantFrom(...FAILURE_CLASSES)), fc.integer({ min: 0, max: 7200 }))
  .map(([failureClass, ageSeconds]) => ended(failureClass, ageSeconds));
const aRule = fc
  .record({
    failures: fc.integer({ min: 1, max: 8 }),
    of: fc.integer({ min: 1, max: 12 }),
    windowSeconds: fc.integer({ min: 0, max: 7200 }),
  })
  .map((part) => ({ ...RULE, ...part }));

describe('decideTrips', () => {
  it('opens when so many of the last outcomes failed alike, and tells of the newest failure', () => {
    const outcomes = [ended(null, 1), ended('SOFTWARE', 2), ended('SOFTWARE', 3), ended('SOFTWARE', 4)];
    expect(decideTrips(outcomes, RULE)).toEqual([
      {
        failureClass: 'SOFTWARE',
        failures: 3,
        outcomes: 4,
        lastFailure: 'SOFTWARE 2 s ago',
        coolDownSeconds: 60,
      },
    ]);
  });

  it.each(FAILURE_CLASSES)(
    'failures of class %s open a breaker only when they tell about the place or the software',
    (failureClass) => {
      const outcomes = Array.from({ length: 5 }, () => ended(failureClass));
      expect(decideTrips(outcomes, RULE)).toHaveLength(BREAKING.includes(failureClass) ? 1 : 0);
    },
  );

  it('failures of different classes do not add up', () => {
    const outcomes = [ended('SOFTWARE'), ended('SOFTWARE'), ended('TRANSIENT'), ended('INFRASTRUCTURE')];
    expect(decideTrips(outcomes, RULE)).toEqual([]);
  });

  it('failures that were followed by enough successes do not count, nor do old ones', () => {
    const failures = [ended('SOFTWARE'), ended('SOFTWARE'), ended('SOFTWARE')];
    expect(decideTrips([ended(null), ended(null), ended(null), ...failures], RULE)).toEqual([]);
    expect(decideTrips([...failures.slice(1), ended('SOFTWARE', 3601)], RULE)).toEqual([]);
  });

  it('agrees with counting, whatever the history', () => {
    fc.assert(
      fc.property(fc.array(anOutcome, { maxLength: 20 }), aRule, (outcomes, rule) => {
        const isRecent = ({ ageSeconds }: AttemptOutcome, place: number) =>
          place < rule.of && ageSeconds <= rule.windowSeconds;
        const expected = BREAKING.filter(
          (name) =>
            outcomes.filter((outcome, place) => isRecent(outcome, place) && outcome.failureClass === name)
              .length >= rule.failures,
        );
        const opened = decideTrips(outcomes, rule).map(({ failureClass }) => failureClass);
        expect(opened.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('never opens when more failures are asked for than outcomes are looked at', () => {
    fc.assert(
      fc.property(fc.array(anOutcome), aRule, (outcomes, rule) => {
        expect(decideTrips(outcomes, { ...rule, failures: rule.of + 1 })).toEqual([]);
      }),
    );
  });
});

describe('decideProbe', () => {
  const breaker = { failureClass: 'INFRASTRUCTURE' as const, openings: 1 };

  it.each([
    [null, true, 'wait'],
    [null, false, 'probe_again'],
    [ended(null), false, 'close'],
    [ended('SOFTWARE'), false, 'probe_again'],
    [ended('CANCELLED_EXTERNALLY'), false, 'probe_again'],
    [ended('INFRASTRUCTURE'), false, 'reopen'],
    [ended('INFRASTRUCTURE'), true, 'reopen'],
  ])('a probe with outcome %j that is under way: %s means %s', (outcome, isUnderWay, kind) => {
    expect(decideProbe(breaker, { outcome, isUnderWay }, RULE).kind).toBe(kind);
  });

  it('waits twice as long after every probe that fails alike, up to the cap', () => {
    const waits: number[] = [];
    let openings = 1;
    for (let n = 0; n < 6; n += 1) {
      const probe = { outcome: ended('INFRASTRUCTURE'), isUnderWay: false };
      const decision = decideProbe({ ...breaker, openings }, probe, RULE);
      if (decision.kind !== 'reopen') throw new Error(`it did ${decision.kind}`);
      waits.push(decision.coolDownSeconds);
      openings = decision.openings;
    }
    expect(waits).toEqual([120, 240, 480, 600, 600, 600]);
    expect(openings).toBe(7);
  });

  it('only its own class re-opens it and only a success closes it, and a wait is never beyond the cap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BREAKING),
        fc.integer({ min: 1, max: 100_000 }),
        fc.option(anOutcome),
        fc.boolean(),
        (failureClass, openings, outcome, isUnderWay) => {
          const decision = decideProbe({ failureClass, openings }, { outcome, isUnderWay }, RULE);
          expect(decision.kind === 'close').toBe(outcome?.failureClass === null);
          expect(decision.kind === 'reopen').toBe(outcome?.failureClass === failureClass);
          if (decision.kind === 'reopen') {
            expect(decision.openings).toBe(openings + 1);
            expect(decision.coolDownSeconds).toBeGreaterThanOrEqual(RULE.coolDownSeconds);
            expect(decision.coolDownSeconds).toBeLessThanOrEqual(RULE.maxCoolDownSeconds);
          }
        },
      ),
    );
  });
});
