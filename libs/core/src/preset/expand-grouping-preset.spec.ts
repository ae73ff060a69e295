import { parseGroupingRule } from '../grouping/parse-grouping-rule.js';
import { DomainError } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { expandGroupingPreset, GROUPING_PRESETS } from './expand-grouping-preset.js';

const problemsOf = (json: Json): readonly string[] => {
  try {
    expandGroupingPreset(json);
  } catch (error) {
    if (error instanceof DomainError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

describe('expandGroupingPreset', () => {
  it.each<[Json]>([[[]], [['source', 'line']], [{ by: [], item: { bundle: 25 } }], [null], ['preset']])(
    'leaves %j as it is',
    (json) => expect(expandGroupingPreset(json)).toEqual({ group_by: json, step: {} }),
  );

  it.each(GROUPING_PRESETS.map(({ name }) => [name]))('makes a rule of %s as it stands', (preset) => {
    const { group_by } = expandGroupingPreset({ preset });
    const rule = parseGroupingRule(group_by);
    const kind = preset.startsWith('ccat')
      ? 'by'
      : { 'dsa110-observation': 'cluster', 'dsa110-mosaic': 'window' }[preset];
    expect(rule.kind).toBe(kind ?? 'split');
  });

  it.each(GROUPING_PRESETS.map((preset) => [preset.name, preset] as const))(
    'takes every parameter of %s at its default when it is written out',
    (name, { parameters }) => {
      const written = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
      expect(expandGroupingPreset({ preset: name, ...written })).toEqual(
        expandGroupingPreset({ preset: name }),
      );
    },
  );

  it.each(GROUPING_PRESETS.map((preset) => [preset.name, preset] as const))(
    'keeps apart what differs in the by of %s',
    (name) => {
      const { terms } = parseGroupingRule(expandGroupingPreset({ preset: name, by: ['tube'] }).group_by);
      expect(terms.map((term) => term.name)).toContain('tube');
    },
  );

  it('builds what a person would have written', () => {
    expect(expandGroupingPreset({ preset: 'so-null-pwv', pwv_limit: 1.5, chunk: 10, n: 2 }).group_by).toEqual(
      {
        by: [],
        split: {
          derive: [
            {
              kind: 'threshold',
              dim: 'pwv_is',
              value: 'metadata.pwv',
              limit: 1.5,
              at_limit: 'below',
              missing: 'unknown',
            },
          ],
          partition: ['high', 'low', 'unknown'].map((label) => ({
            label,
            when: { dim: 'pwv_is', operator: 'eq', value: label },
          })),
          order_by: 'obs_time',
          chunk: 10,
          n: 2,
          method: 'interleave',
          seed: 0,
        },
      },
    );
    expect(
      expandGroupingPreset({ preset: 'dsa110-observation', count: 2, minimum: 1 }).group_by,
    ).toMatchObject({
      cluster: { tolerance: '120 s', slots: { dim: 'subband', values: ['sb00', 'sb01'], minimum: 1 } },
    });
    expect(expandGroupingPreset({ preset: 'ccat-source-line', settle: '1 h', by: ['module'] })).toEqual({
      group_by: ['source', 'line', 'module'],
      step: { settle_seconds: 3600 },
    });
    expect(expandGroupingPreset({ preset: 'dsa110-mosaic', minimum: 4 }).step).toEqual({ min_members: 4 });
  });

  it.each<[Json, readonly string[]]>([
    [{ preset: 'so-null-pvw' }, ['/preset "so-null-pvw" is no preset (did you mean "so-null-pwv"?)']],
    [{ preset: 7 }, ['/preset 7 is no preset']],
    [
      { preset: 'so-null-pwv', pwv_limt: 2 },
      ['/pwv_limt unknown key "pwv_limt" (did you mean "pwv_limit"?)'],
    ],
    [
      { preset: 'so-null-pwv', pwv_limit: '2', n: 0, pwv: 'metadata.', method: 'randomly', missing: '' },
      [
        '/pwv must be obs_time, obs_time_end, ra_deg, dec_deg, the name of a dimension, or metadata.<path>',
        '/pwv_limit "pwv_limit" must be a number from 0 to 1000',
        '/missing must be a text of 1 to 100 characters',
        '/n "n" must be a whole number from 1 to 1000',
        '/method "method" must be one of interleave, random (did you mean "random"?)',
      ],
    ],
    [
      { preset: 'so-null-day-night', site: { latitude_deg: 100 } },
      [
        '/site/longitude_deg "longitude_deg" is required',
        '/site/latitude_deg "latitude_deg" must be a number from -90 to 90',
      ],
    ],
    [
      { preset: 'ccat-source-line', settle: 'soon', by: ['healpix(3)'] },
      [
        '/by/0 must be written healpix(64): nside is a power of two from 1 to 8192',
        '/settle must be a duration like "60 s", "10 min" or "PT60S" (1 s to 366 d)',
      ],
    ],
  ])('refuses %j and says where', (json, problems) => {
    expect(problemsOf(json)).toEqual(problems);
  });

  it('has a name, a title, a description and described parameters for every preset, no name twice', () => {
    const names = GROUPING_PRESETS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { title, description, parameters } of GROUPING_PRESETS) {
      expect(
        Math.min(title.length, description.length, ...parameters.map((one) => one.description.length)),
      ).toBeGreaterThan(5);
      expect(parameters.map(({ name }) => name)).not.toContain('preset');
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length);
    }
  });
});
