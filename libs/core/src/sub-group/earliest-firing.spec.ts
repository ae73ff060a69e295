import { SUB_GROUP_STATES } from './sub-group-state.js';
import { earliestFiring, type FiringFacts } from './earliest-firing.js';

const NOW = Date.parse('2027-05-01T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const facts = (some: Partial<FiringFacts>): FiringFacts => ({
  state: 'missing',
  detail: {},
  until: null,
  isRetired: false,
  isAsked: true,
  nextDueAt: null,
  settleSeconds: 0,
  lastMemberAt: NOW - HOUR,
  cooledAt: null,
  ...some,
});
/** In minutes from now. */
const minutes = (at: number | null): number | null => (at === null ? null : (at - NOW) / MINUTE);
const blockedBy = (...states: string[]) => ({
  blocked_by: states.map((state) => ({ step: 'up', state, count: 1 })),
});

describe('earliestFiring', () => {
  it.each<[string, Partial<FiringFacts>, string, number | null, number | null]>([
    ['what is due goes now', { state: 'stale' }, 'nothing', 0, 0],
    ['a schedule says when', { isAsked: false, nextDueAt: NOW + HOUR }, 'schedule', 60, 60],
    ['nobody asks for it', { isAsked: false }, 'person', null, null],
    ['its step is no more', { isRetired: true }, 'person', null, null],
    ['up to date', { state: 'current' }, 'change', null, null],
    ['settles', { state: 'settling', until: NOW + 5 * MINUTE }, 'time', 5, 5],
    [
      'settles, and cools down longer',
      { state: 'settling', until: NOW + 5 * MINUTE, cooledAt: NOW + HOUR },
      'time',
      60,
      60,
    ],
    [
      'cools down until after the next due time',
      {
        state: 'cooling_down',
        until: NOW + HOUR,
        cooledAt: NOW + HOUR,
        isAsked: false,
        nextDueAt: NOW + MINUTE,
      },
      'time',
      60,
      60,
    ],
    [
      'settles, but nobody asks',
      { state: 'settling', until: NOW + HOUR, isAsked: false },
      'person',
      null,
      null,
    ],
    [
      'lacks members; those that come must settle',
      { state: 'incomplete', detail: { members: 3, needed: 4 }, settleSeconds: 600 },
      'inputs',
      10,
      null,
    ],
    [
      'lacks members for so long at most',
      { state: 'incomplete', detail: { members: 3, needed: 4 }, until: NOW + HOUR },
      'inputs',
      0,
      60,
    ],
    [
      'is collected; whether it is used when it closes is not known before',
      { state: 'incomplete', detail: { form: 'collecting' }, until: NOW + HOUR },
      'inputs',
      0,
      null,
    ],
    ['is ambiguous', { state: 'incomplete', detail: { form: 'ambiguous' } }, 'person', null, null],
    ['is refused', { state: 'incomplete', detail: { form: 'refused' } }, 'person', null, null],
    ['lacks a dimension', { state: 'incomplete', detail: { missing_dims: ['line'] } }, 'person', null, null],
    [
      'waits for runs, and cools down',
      { state: 'blocked', detail: blockedBy('running', 'missing'), cooledAt: NOW + MINUTE },
      'upstream',
      1,
      null,
    ],
    [
      'one of them failed',
      { state: 'blocked', detail: blockedBy('running', 'failed') },
      'person',
      null,
      null,
    ],
    ['one of them is paused', { state: 'blocked', detail: blockedBy('paused') }, 'person', null, null],
    [
      'a calibration is being made',
      { state: 'blocked', detail: { associations: { awaiting: { name: 'gains' } } }, until: NOW + HOUR },
      'producer',
      0,
      60,
    ],
    [
      'a calibration is missing',
      { state: 'blocked', detail: { associations: { missing: ['dark'] } } },
      'inputs',
      0,
      null,
    ],
    ['is being run', { state: 'running', detail: { run_id: 1 }, cooledAt: NOW + MINUTE }, 'run', 1, null],
    ['failed', { state: 'failed' }, 'person', null, null],
    ['waived', { state: 'waived' }, 'person', null, null],
    ['paused', { state: 'paused' }, 'person', null, null],
  ])('%s', (_, some, needs, earliest, unaided) => {
    const firing = earliestFiring(facts(some), NOW);
    expect([firing.needs, minutes(firing.earliest), minutes(firing.unaided)]).toEqual([
      needs,
      earliest,
      unaided,
    ]);
  });

  it('never says that something fires before now, and of a person nothing', () => {
    for (const state of SUB_GROUP_STATES) {
      const { needs, earliest } = earliestFiring(
        facts({ state, cooledAt: NOW - HOUR, until: NOW - HOUR }),
        NOW,
      );
      if (needs === 'person' || needs === 'change') expect(earliest).toBeNull();
      else expect(earliest).toBeGreaterThanOrEqual(NOW);
    }
  });
});
