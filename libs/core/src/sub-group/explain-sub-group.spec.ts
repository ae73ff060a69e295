import { SUB_GROUP_STATES } from './sub-group-state.js';
import { explainSubGroup, type SubGroupAccount } from './explain-sub-group.js';

const account = (some: Partial<SubGroupAccount>): SubGroupAccount => ({
  state: 'current',
  causes: [],
  detail: {},
  until: null,
  ...some,
});

describe('explainSubGroup', () => {
  it.each<[string, Partial<SubGroupAccount>]>([
    ['its result is up to date', {}],
    ['never processed; a run is due', { state: 'missing' }],
    ['never processed; a run is due: somebody asked for it again', { state: 'missing', causes: ['forced'] }],
    [
      'its result is out of date: an input was added, the software changed',
      { state: 'stale', causes: ['input_added', 'software'] },
    ],
    [
      'its members have no line, source',
      { state: 'incomplete', detail: { missing_dims: ['line', 'source'] } },
    ],
    ['has 3 of the 16 members that it needs', { state: 'incomplete', detail: { members: 3, needed: 16 } }],
    [
      'has 3 of the 16 members that it needs; it is run as it is at 2026-05-01T12:00:00.000Z',
      { state: 'incomplete', detail: { members: 3, needed: 16 }, until: '2026-05-01T12:00:00.000Z' },
    ],
    [
      'lacks subband sb01, 7, and needs at least 12 of them',
      { state: 'incomplete', detail: { dim: 'subband', missing_slots: ['sb01', 7], needed: 12 } },
    ],
    [
      'lacks band 1, 2, 3, 4, 5, 6, 7, 8 and 2 more, and needs at least 10 of them',
      {
        state: 'incomplete',
        detail: { dim: 'band', missing_slots: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], needed: 10 },
      },
    ],
    [
      'its members could not be put into a cluster',
      { state: 'incomplete', detail: { missing_dims: ['cluster'] } },
    ],
    [
      'is being collected: has 14 of 16, lacks sb03, sb07; it closes at 2026-05-01T12:00:00.000Z if nothing more comes',
      {
        state: 'incomplete',
        detail: { form: 'collecting', present: 14, expected: 16, missing: ['sb03', 'sb07'] },
        until: '2026-05-01T12:00:00.000Z',
      },
    ],
    [
      'is being collected: has 14 of 16',
      { state: 'incomplete', detail: { form: 'collecting', present: 14, expected: 16, missing: 2 } },
    ],
    [
      'is ambiguous: another observation lies within the tolerance of 60 s',
      {
        state: 'incomplete',
        detail: {
          form: 'ambiguous',
          reason: 'another observation lies within the tolerance of 60 s',
          missing: ['sb01'],
        },
      },
    ],
    [
      'waited in vain: has 1 of 2 band, and nothing came for 60 s, lacks r',
      {
        state: 'incomplete',
        detail: { form: 'expired', reason: 'has 1 of 2 band, and nothing came for 60 s', missing: ['r'] },
      },
    ],
    [
      'is refused: has 11 of 16 subband, at least 12 are needed',
      {
        state: 'incomplete',
        detail: { form: 'refused', reason: 'has 11 of 16 subband, at least 12 are needed', missing: 5 },
      },
    ],
    [
      'waits for dark: none is found; bias: its members do not agree in a dimension that is asked for; flat: its members have no time',
      {
        state: 'blocked',
        detail: {
          associations: {
            missing: ['dark', 'bias', 'flat'],
            absent: { dark: 'none_found', bias: 'no_such_dim', flat: 'no_time' },
          },
        },
      },
    ],
    [
      'waits until 2026-05-01T12:00:00.000Z for gains, which sub-group 12 is making',
      {
        state: 'blocked',
        detail: {
          associations: { awaiting: { name: 'gains', producer: 12, until: '2026-05-01T12:00:00.000Z' } },
        },
      },
    ],
    ['waits for a calibration', { state: 'blocked', detail: { associations: { chosen: {} } } }],
    [
      'its result is out of date: a better calibration arrived',
      { state: 'stale', causes: ['calibration_superseded'] },
    ],
    [
      'waits for extract: 2 running, 1 failed; calibrate: 1 cooling down',
      {
        state: 'blocked',
        detail: {
          blocked_by: [
            { step: 'extract', state: 'running', count: 2 },
            { step: 'extract', state: 'failed', count: 1 },
            { step: 'calibrate', state: 'cooling_down', count: 1 },
          ],
        },
      },
    ],
    ['waits for an upstream step', { state: 'blocked' }],
    [
      'waits until 2026-05-01T12:00:00.000Z for more inputs to arrive',
      { state: 'settling', until: '2026-05-01T12:00:00.000Z' },
    ],
    [
      'waits until 2026-05-01T12:00:00.000Z: its last run started a short time ago (an input changed)',
      { state: 'cooling_down', causes: ['input_changed'], until: '2026-05-01T12:00:00.000Z' },
    ],
    ['run 7 is working on it', { state: 'running', detail: { run_id: 7 } }],
    [
      'run 7 failed for good: MEMORY after 3 tries; retry the run, or change its inputs or recipe',
      { state: 'failed', detail: { run_id: 7, failure_class: 'MEMORY', failures: 3 } },
    ],
    [
      'waived by token:alice: bad weather',
      { state: 'waived', detail: { by: 'token:alice', reason: 'bad weather' } },
    ],
    ['paused by token:bob', { state: 'paused', detail: { by: 'token:bob', reason: null } }],
  ])('%s', (sentence, some) => {
    expect(explainSubGroup(account(some))).toBe(sentence);
  });

  it('has a sentence for every state, whatever its detail lacks', () => {
    for (const state of SUB_GROUP_STATES) expect(explainSubGroup(account({ state }))).toMatch(/^[a-z]/);
  });
});
