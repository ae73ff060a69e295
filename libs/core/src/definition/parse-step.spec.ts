import { parseDefinitions } from './parse-definitions.js';
import { NOTHING_KNOWN } from './testing/nothing-known.js';

const known = {
  ...NOTHING_KNOWN,
  software: new Map([['map', ['1.0.0']]]),
  groupings: new Set(['raw']),
  locations: new Map([['disk', 'PROCESSING'] as const]),
};
const stepOf = (change: object) =>
  parseDefinitions(
    {
      pipelines: [
        { name: 'p', grouping: 'raw', location: 'disk', steps: [{ name: 's', software: 'map', ...change }] },
      ],
    },
    known,
  ).pipelines[0]?.steps[0];

describe('a step whose group_by is a preset', () => {
  it('is stored as what the preset builds', () => {
    const step = stepOf({ group_by: { preset: 'so-null-mission', chunk: 5, n: 4 } });

    expect(step?.group_by).toMatchObject({ split: { chunk: 5, n: 4 } });
    expect(stepOf({ group_by: step?.group_by })).toEqual(step);
  });

  it('takes the settings that go with the preset, unless it says otherwise', () => {
    const [preset, own] = [
      stepOf({ group_by: { preset: 'ccat-scan' } }),
      stepOf({ group_by: { preset: 'ccat-scan' }, settle_seconds: 7, min_members: 3 }),
    ];

    expect([own?.settle_seconds, own?.min_members]).toEqual([7, 3]);
    expect(own?.group_by).toEqual(preset?.group_by);
  });
});

describe('what a step promises', () => {
  it('is stored as it was given, its defaults filled in, and reads the same again', () => {
    const outputs = {
      required: [{ pattern: 'science/*.fits', min_bytes: 2880, fits: true }, { pattern: 'done' }],
    };
    const step = stepOf({ outputs });

    expect(step?.outputs).toEqual({
      required: [
        { pattern: 'science/*.fits', min_bytes: 2880, fits: true },
        { pattern: 'done', min_bytes: 1 },
      ],
      metrics: [],
      rules: [],
    });
    expect(stepOf({ outputs: step?.outputs })).toEqual(step);
    expect(() => stepOf({ outputs: { required: [{ pattern: 'a', fits: 'yes' }] } })).toThrow(
      'fits is true or false',
    );
  });
});
