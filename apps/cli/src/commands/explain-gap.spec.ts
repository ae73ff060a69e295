import pc from 'picocolors';
import type { GapExplanation } from '../api/gap-types.js';
import type { Terminal } from '../terminal/terminal.js';
import { firingOf, printExplanation } from './explain-gap.js';

const NOW = new Date('2026-05-01T12:00:00Z');

const explained = (some: Partial<GapExplanation>): GapExplanation => ({
  gap: {
    sub_group_id: 3,
    pipeline: 'm17',
    step: 'mosaic',
    dims: { filter: 'k' },
    state: 'stale',
    state_since: '2026-05-01T11:00:00Z',
    causes: ['input_changed'],
    explanation: 'its result is out of date: an input changed',
    until: null,
    member_count: 4,
    last_run: null,
  },
  last_result: null,
  software_version: '1.1.0',
  inputs: [],
  recipe: [],
  associations: [],
  blocked_by: [],
  report: {},
  holds: [],
  needs: 'nothing',
  earliest_at: '2026-05-01T12:00:00.000Z',
  unaided_at: '2026-05-01T12:00:00.000Z',
  ...some,
});

const printed = (some: Partial<GapExplanation>): string => {
  const lines: string[] = [];
  const terminal: Terminal = {
    colors: pc.createColors(false),
    isLive: false,
    width: 200,
    print: (line) => void lines.push(line),
    write: (text) => void lines.push(text),
    note: (line) => void lines.push(line),
    draw: (text) => void lines.push(text),
  };
  printExplanation(terminal, explained(some), NOW);
  return lines.join('\n');
};

describe('printExplanation', () => {
  it('of what differs in nothing is short', () => {
    expect(printed({})).toBe(
      [
        'm17/mosaic  filter=k  stale (1 h ago)',
        'its result is out of date: an input changed',
        'It never had a result.',
        '',
        'It is run now.',
      ].join('\n'),
    );
  });

  it('shows what differs, what it waits for and what holds it', () => {
    const text = printed({
      last_result: { run_id: 7, finished_at: '2026-05-01T10:00:00Z', software_version: '1.0.0' },
      inputs: [
        {
          change: 'changed',
          name: 'a.fits',
          was: 'a'.repeat(64),
          is: 'b'.repeat(64),
          at: '2026-05-01T11:59:00Z',
          run_id: null,
        },
      ],
      recipe: [{ component: 'parameters', path: '/fit/order', was: 1, is: null }],
      associations: [
        {
          name: 'gains',
          role: 'before',
          was: { item: 'old.h5', method: 'nearest', offset_seconds: -7200 },
          is: null,
        },
      ],
      blocked_by: [
        {
          sub_group_id: 2,
          step: 'extract',
          dims: { filter: 'k' },
          state: 'running',
          explanation: 'run 9 is working on it',
        },
      ],
      report: { refused: [{ id: 12, reason: 'it has no obs_time' }] },
      holds: ['pool gpu is paused by ada'],
    });
    expect(text.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'm17/mosaic | filter=k | stale (1 h ago)',
      'its result is out of date: an input changed',
      'Last result: run 7, 2 h ago, with version 1.0.0, now it would be 1.1.0.',
      '',
      'Inputs that differ from the last result',
      'what | item | was | is | when | by run',
      'changed | a.fits | aaaaaaaaaaaa | bbbbbbbbbbbb | 1 min ago',
      '',
      'Recipe',
      'part | where | was | is',
      'parameters | /fit/order | 1 | –',
      '',
      'Calibrations',
      'name | was | is',
      'gains (before) | old.h5 (nearest, 2 h 00 min before) | none',
      '',
      'Waits for',
      'id | step | sub-group | state | why',
      '2 | extract | filter=k | running | run 9 is working on it',
      '',
      'Items that could not be placed',
      'item | why',
      '12 | it has no obs_time',
      '',
      'Its run is held: pool gpu is paused by ada.',
      'It is run now.',
    ]);
  });

  it.each<[GapExplanation['needs'], string | null, string | null, string]>([
    ['person', null, null, 'It is not run until somebody does something.'],
    ['change', null, null, 'It is run again when something of it changes.'],
    ['time', '2026-05-01T12:05:00Z', null, 'It is run at 2026-05-01T12:05:00Z (in 5 min 00 s).'],
    [
      'upstream',
      '2026-05-01T12:00:00Z',
      null,
      'It needs results of the steps before it. It can be run now at the earliest.',
    ],
    [
      'inputs',
      '2026-05-01T12:05:00Z',
      '2026-05-01T14:00:00Z',
      'It needs data. It can be run at 2026-05-01T12:05:00Z (in 5 min 00 s) at the earliest. If nothing comes, it is run at 2026-05-01T14:00:00Z (in 2 h 00 min).',
    ],
    ['producer', null, null, 'It needs a calibration that is being made.'],
  ])('says of what needs %s when it is run', (needs, earliest_at, unaided_at, sentence) => {
    expect(firingOf(explained({ needs, earliest_at, unaided_at }), NOW)).toBe(sentence);
  });
});
