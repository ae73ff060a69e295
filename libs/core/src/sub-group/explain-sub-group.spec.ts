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
