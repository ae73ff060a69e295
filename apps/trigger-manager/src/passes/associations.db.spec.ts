import { sql, type JsonObject } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aDark, dark, reduceWith, science } from '../testing/calibrations.js';
import { atNight, HOUR, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

/** Valid as its metadata say, of a night if it says so; null is an open end. */
const valid = (name: string, from: number | null, to: number | null, night = 'any'): SurveyFile => ({
  name,
  dims: { dataset: 'darks', label: name, night },
  metadata: {
    ...(from === null ? {} : { valid_from: atNight(from).toISOString() }),
    ...(to === null ? {} : { valid_to: atNight(to).toISOString() }),
  },
});

describe('the policy of an association', () => {
  // The night lasts from 10 h to 12 h: offsets are from its middle, 11 h, to the middle of a validity.
  const CANDIDATES = [
    valid('early epoch', 0, 40 * HOUR),
    valid('later epoch', 8 * HOUR, 40 * HOUR),
    valid('before', 2 * HOUR, 4 * HOUR),
    valid('after', 13 * HOUR, 15 * HOUR),
    valid('early epoch again', 0, 40 * HOUR),
    valid('long after', 30 * HOUR, 32 * HOUR),
  ];
  const ALL = CANDIDATES.map(({ name }) => name);
  const NEIGHBOURS = ['before', 'after', 'long after'];

  interface Case {
    readonly rule: JsonObject;
    readonly among: readonly string[];
    /** Label, role, method, hours away, weight. */
    readonly chosen: readonly (readonly [string, string, string, number, number])[];
  }
  const CASES: readonly [string, Case][] = [
    [
      'covering takes the epoch that begins last',
      {
        rule: { policy: 'covering' },
        among: ALL,
        chosen: [['later epoch', 'only', 'covering', 13, 1]],
      },
    ],
    [
      'newest takes, of what covers, the one registered last',
      {
        rule: { policy: 'newest' },
        among: ALL,
        chosen: [['early epoch again', 'only', 'newest', 9, 1]],
      },
    ],
    [
      'newest with a reach takes the one registered last, covering or not',
      {
        rule: { policy: 'newest', max_offset: '18 h' },
        among: ALL,
        chosen: [['long after', 'only', 'newest', 20, 1]],
      },
    ],
    [
      'nearest takes the newest that covers',
      {
        rule: { policy: 'nearest' },
        among: ALL,
        chosen: [['early epoch again', 'only', 'covering', 9, 1]],
      },
    ],
    [
      'nearest takes the smallest gap where nothing covers',
      {
        rule: { policy: 'nearest' },
        among: NEIGHBOURS,
        chosen: [['after', 'only', 'nearest', 3, 1]],
      },
    ],
    [
      'nearest takes nothing after the night if it may not',
      {
        rule: { policy: 'nearest', after: false },
        among: NEIGHBOURS,
        chosen: [['before', 'only', 'nearest', -8, 1]],
      },
    ],
    [
      'interpolate takes one of each side, and the nearer weighs more',
      {
        rule: { policy: 'interpolate' },
        among: NEIGHBOURS,
        chosen: [
          ['before', 'before', 'interpolated', -8, 3 / 11],
          ['after', 'after', 'interpolated', 3, 8 / 11],
        ],
      },
    ],
    [
      'interpolate takes the one side that there is',
      {
        rule: { policy: 'interpolate' },
        among: ['after', 'long after'],
        chosen: [['after', 'after', 'extrapolated', 3, 1]],
      },
    ],
  ];

  let world: SurveyWorld;
  beforeAll(async () => {
    world = await SurveyWorld.open();
    await world.define(
      CASES.map(([, { rule, among }], index) => ({
        ...reduceWith(
          dark({
            select: [
              { dim: 'dataset', operator: 'eq', value: 'darks' },
              { dim: 'label', operator: 'in', value: among },
            ],
            ...rule,
          }),
        ),
        name: `step-${index}`,
      })),
    );
    for (const candidate of CANDIDATES) await world.ingest([candidate]);
    await world.ingest([science('a', 1, 10), science('b', 1, 12)]);
    await world.evaluate();
  });
  afterAll(() => world.close());

  it.each(CASES.map(([name, { chosen }], index) => [name, index, chosen] as const))(
    '%s',
    async (_, index, chosen) => {
      const [run, ...others] = await world.runs(`step-${index}`);
      expect([run?.inputs, run?.bound, others]).toEqual([
        ['a', 'b'],
        chosen.map(([label]) => `dark:${label}`).sort(),
        [],
      ]);
      const provenance = await queryRows(
        world.db,
        sql`SELECT bound.name, item.name AS item, role, method, offset_seconds / 3600 AS hours, weight,
              bound.content_hash = item.content_hash AS "hasItsContent"
            FROM run_association bound JOIN data_item item ON item.id = bound.item_id WHERE run_id = ${run?.id ?? 0} ORDER BY role DESC`,
      );
      const expected = chosen
        .map(([item, role, method, hours, weight]) => ({
          name: 'dark',
          item,
          role,
          method,
          hours,
          weight: expect.closeTo(weight, 9) as number,
          hasItsContent: true,
        }))
        .sort((a, b) => (a.role < b.role ? 1 : -1));
      expect(provenance).toEqual(expected);
    },
  );
});

describe('a validity', () => {
  const CASES: readonly [string, number | null, number | null, string][] = [
    ['that begins and ends with the night covers it', 10 * HOUR, 12 * HOUR, 'running'],
    ['that begins a millisecond after the first file does not', 10 * HOUR + 1, 12 * HOUR, 'blocked'],
    ['that ends a millisecond before the last file does not', 10 * HOUR, 12 * HOUR - 1, 'blocked'],
    ['without an end covers what comes after its beginning', 10 * HOUR, null, 'running'],
    ['without a beginning covers what comes before its end', null, 12 * HOUR, 'running'],
    ['that ends before it begins covers nothing', 13 * HOUR, 9 * HOUR, 'blocked'],
    ['that says neither covers everything', null, null, 'running'],
  ];
  let world: SurveyWorld;
  beforeAll(async () => {
    world = await SurveyWorld.open();
    await world.define([reduceWith(dark({ policy: 'covering', same: ['night'] }))]);
    for (const [night, from, to] of CASES)
      await world.ingest([
        valid(`of a night ${night}`, from, to, night),
        science(`first ${night}`, night, 10),
        science(`last ${night}`, night, 12),
      ]);
    await world.evaluate();
  });
  afterAll(() => world.close());

  it.each(CASES)('%s (%s to %s): %s', async (night, _from, _to, state) => {
    const found = (await world.subGroups('reduce')).filter(({ dims }) => dims['night'] === night);
    expect(found).toMatchObject([{ state, members: 2 }]);
  });
});

describe('what is bound to a sub-group', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const bound = async (): Promise<(readonly string[])[]> =>
    (await world.runs('reduce')).map((run) => run.bound);

  it('is no farther away than it may be, to the millisecond', async () => {
    await world.define([reduceWith(dark({ max_offset: '2 h' }))]);
    await world.ingest([
      { ...aDark('d', 0), at: 8 * HOUR },
      science('a', 1, 10),
      { ...science('b', 2, 10), at: 10 * HOUR + 1 },
    ]);
    await world.evaluate();
    expect(await world.states('reduce')).toEqual(['running', 'blocked']);
    expect((await world.subGroups('reduce'))[1]?.detail).toEqual({
      associations: { absent: { dark: 'none_found' }, chosen: {}, missing: ['dark'] },
    });
  });

  it('agrees with it in every dimension of `same`, and a sub-group without that dimension has none', async () => {
    await world.define([reduceWith(dark({ same: ['camera'] }), dark({ name: 'other', required: false }))]);
    await world.ingest([
      aDark('north dark', 0, { camera: 'north' }),
      aDark('south dark', 9, { camera: 'south' }),
      science('a', 1, 10, { camera: 'north' }),
      science('b', 2, 10, { camera: 'south' }),
      science('c', 3, 10),
    ]);
    expect(await world.evaluate()).toBe(2);
    expect(await bound()).toEqual([
      ['dark:north dark', 'other:south dark'],
      ['dark:south dark', 'other:south dark'],
    ]);
    expect((await world.subGroups('reduce'))[2]?.detail).toMatchObject({
      associations: { absent: { dark: 'no_such_dim' }, missing: ['dark'] },
    });
  });

  it('is frozen with the run: what comes while it is at work is for the next', async () => {
    await world.define([reduceWith(dark())]);
    await world.ingest([aDark('old', 0), science('a', 1, 10)]);
    await world.evaluate();
    await world.ingest([aDark('new', 9)]);
    await world.evaluate();
    expect([await world.states('reduce'), await bound()]).toEqual([['running'], [['dark:old']]]);
    await world.complete('reduce');
    expect(await world.evaluate()).toBe(1);
    expect(await bound()).toEqual([['dark:old'], ['dark:new']]);
    expect((await world.runs('reduce')).at(-1)?.causes).toEqual(['calibration_superseded']);
  });

  it('blocks the sub-group when it is missing and required, and not when it is not required', async () => {
    await world.define([
      reduceWith(dark({ max_offset: '1 h' }), dark({ name: 'flat', max_offset: '2 h', required: false })),
    ]);
    await world.ingest([science('a', 1, 10)]);
    expect([await world.evaluate(), await world.states('reduce')]).toEqual([0, ['blocked']]);
    await world.ingest([aDark('d', 9)]);
    expect([await world.evaluate(), await bound()]).toEqual([1, [['dark:d', 'flat:d']]]);

    await world.define([reduceWith(dark({ name: 'flat', max_offset: '1 h', required: false }))]);
    await world.complete('reduce');
    await world.ingest([science('b', 2, 20)]);
    await world.evaluate();
    expect((await world.runs('reduce')).find(({ inputs }) => inputs.includes('b'))?.bound).toEqual([]);
  });
});
