import type { Json } from '../shared/json.js';
import { evaluationOrder } from './evaluation-order.js';
import { parseDefinitions } from './parse-definitions.js';

const gains = (step: string, pipeline: string | null = null): Json => ({
  name: `from-${step}`,
  from: { step, ...(pipeline === null ? {} : { pipeline }) },
  policy: 'nearest',
});

interface Step {
  readonly name: string;
  readonly depends_on?: readonly string[];
  readonly associations?: readonly Json[];
}

describe('evaluationOrder', () => {
  it.each<[string, Step[], string[]]>([
    ['the order of the file where nothing else says', [{ name: 'b' }, { name: 'a' }], ['b', 'a']],
    [
      'a step after the one that it depends on',
      [{ name: 'b', depends_on: ['a'] }, { name: 'a' }],
      ['a', 'b'],
    ],
    [
      'a step after the one whose products it binds',
      [{ name: 'reduce', associations: [gains('solve')] }, { name: 'solve' }],
      ['solve', 'reduce'],
    ],
    [
      'also when it names its own pipeline',
      [{ name: 'reduce', associations: [gains('solve', 'main')] }, { name: 'solve' }],
      ['solve', 'reduce'],
    ],
    [
      'nothing by the step of another pipeline',
      [{ name: 'reduce', associations: [gains('solve', 'other')] }, { name: 'solve' }],
      ['reduce', 'solve'],
    ],
    [
      'dependencies alone where a step binds what comes of its own results',
      [
        { name: 'reduce', associations: [gains('solve')] },
        { name: 'solve', depends_on: ['reduce'] },
      ],
      ['reduce', 'solve'],
    ],
    [
      'what has no step to produce it anywhere',
      [{ name: 'reduce', associations: [{ name: 'x', select: [], policy: 'newest' }] }, { name: 'a' }],
      ['reduce', 'a'],
    ],
  ])('keeps %s', (_, steps, expected) => {
    const { pipelines } = parseDefinitions(
      {
        pipelines: [
          {
            name: 'main',
            grouping: 'all',
            location: 'site',
            steps: steps.map((step) => ({ software: 'tool', ...step })),
          },
        ],
      },
      {
        software: new Map([['tool', ['1.0.0']]]),
        groupings: new Set(['all']),
        pools: new Set(),
        pipelines: new Map([['other', ['solve']]]),
        locations: new Map([['site', 'PROCESSING']]),
      },
    );
    expect(pipelines.map(evaluationOrder)).toEqual([expected]);
  });
});
