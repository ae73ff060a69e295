import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { MINUTE, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

const observations = (count: number, from = 0): SurveyFile[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `obs-${String(from + n).padStart(3, '0')}.fits`,
    at: (from + n) * 5 * MINUTE,
  }));
const names = (...numbers: readonly number[]): string[] =>
  numbers.map((n) => `obs-${String(n).padStart(3, '0')}.fits`);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('null-test splits', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const inputs = async (step: string): Promise<string[][]> =>
    (await world.runs(step)).map((run) => [...run.inputs]).sort();

  it('of a mission are runs of interleaved chunks, and the comparison after them sees all of their products', async () => {
    await world.define([
      { name: 'split-map', group_by: { preset: 'so-null-mission', chunk: 2, n: 4 } },
      { name: 'compare', depends_on: ['split-map'], group_by: [] },
    ]);
    await world.ingest(observations(16));

    expect(await world.evaluate()).toBe(4);
    expect(await inputs('split-map')).toEqual([
      names(0, 1, 8, 9),
      names(2, 3, 10, 11),
      names(4, 5, 12, 13),
      names(6, 7, 14, 15),
    ]);
    const siblings = await world.subGroups('split-map');
    expect(siblings.map(({ dims }) => dims)).toEqual([
      { split: 1 },
      { split: 2 },
      { split: 3 },
      { split: 4 },
    ]);
    expect([...new Set(siblings.map(({ report }) => report['split_set']))]).toEqual([expect.any(String)]);
    const [first, ...others] = (await world.runs('split-map')).map(({ id }) => id);
    await world.complete('split-map', others);
    expect([await world.evaluate(), await world.states('compare')]).toEqual([0, ['blocked']]);
    await world.complete('split-map', [first ?? 0]);

    expect(await world.evaluate()).toBe(1);
    const maps = (await world.runs('split-map')).map(({ id }) => `split-map-${id}.fits`);
    expect(await inputs('compare')).toEqual([maps.sort()]);
  });

  it('that a new observation deals anew are stale, and compared again once all are made', async () => {
    await world.define([
      { name: 'split-map', group_by: { preset: 'so-null-mission', chunk: 1, n: 2 } },
      { name: 'compare', depends_on: ['split-map'], group_by: [] },
    ]);
    await world.ingest(observations(4));
    await world.evaluate();
    await world.complete('split-map');
    await world.evaluate();
    await world.complete('compare');
    await world.evaluate();

    await world.ingest(observations(1, 4));
    expect(await world.evaluate()).toBe(1);
    expect([await world.states('split-map'), await world.states('compare')]).toEqual([
      ['running', 'current'],
      ['blocked'],
    ]);
    expect((await world.runs('split-map')).at(-1)).toMatchObject({
      causes: ['input_added'],
      inputs: names(0, 2, 4),
    });
    await world.complete('split-map');
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('compare')).at(-1)).toMatchObject({ causes: ['upstream_remade'] });
  });

  it('of low and high water vapour take their class from the metadata, and move an observation whose metadata change', async () => {
    await world.define([
      { name: 'split-map', group_by: { preset: 'so-null-pwv', pwv_limit: 1.5, chunk: 1, n: 2 } },
    ]);
    await world.ingest(
      observations(6).map((file, n) => ({
        ...file,
        dims: { pwv: n % 2 === 0 ? 1 : 2 },
        metadata: { pwv: n % 2 === 0 ? 1 : 2 },
      })),
    );
    await world.evaluate();
    const bySplit = await world.subGroups('split-map');
    expect(bySplit.map(({ dims, state }) => [dims['case'], dims['split'], state])).toEqual(
      [
        ['low', 1, 'running'],
        ['low', 2, 'running'],
        ['high', 1, 'running'],
        ['high', 2, 'running'],
      ].sort(),
    );
    expect((await inputs('split-map')).flat().sort()).toEqual(names(...range(0, 6)));

    await world.complete('split-map');
    await queryRows(world.db, sql`UPDATE data_item SET metadata = '{"pwv": 1}' WHERE name = 'obs-005.fits'`);
    await world.evaluate();
    const members = (await world.subGroups('split-map')).map(({ dims, members: count }) => [
      dims['case'],
      count,
    ]);
    expect(members.sort()).toEqual([
      ['high', 1],
      ['high', 1],
      ['low', 2],
      ['low', 2],
    ]);
  });
});

describe('sliding mosaics', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    await world.define([{ name: 'mosaic', group_by: { preset: 'dsa110-mosaic' } }]);
  });
  afterEach(() => world.close());

  it('share two observations with the one before, and the last is as long as there are', async () => {
    await world.ingest(observations(20));
    expect(await world.evaluate()).toBe(3);
    const inputs = (await world.runs('mosaic')).map((run) => run.inputs);
    expect(inputs.sort((a, b) => (a[0] ?? '').localeCompare(b[0] ?? ''))).toEqual([
      names(...range(0, 10)),
      names(...range(8, 18)),
      names(...range(16, 20)),
    ]);
  });

  it('begin anew after a pause, and wait when they are too short', async () => {
    const later = observations(2, 40);
    await world.ingest([...observations(10), ...later]);
    expect(await world.evaluate()).toBe(1);
    expect(await world.states('mosaic')).toEqual(['running', 'incomplete']);
    expect((await world.subGroups('mosaic'))[1]?.detail).toEqual({ members: 2, needed: 3 });

    await world.ingest(observations(1, 42));
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('mosaic')).at(-1)?.inputs).toEqual(names(40, 41, 42));
  });

  it('that an observation joins are repeated, and no others', async () => {
    await world.ingest(observations(12));
    await world.evaluate();
    await world.complete('mosaic');
    await world.evaluate();
    await world.ingest(observations(1, 12));

    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('mosaic')).at(-1)).toMatchObject({
      causes: ['input_added'],
      inputs: names(...range(8, 13)),
    });
    expect(await world.states('mosaic')).toEqual(['current', 'running']);
  });

  it('that nothing is left of block no later step any more', async () => {
    await world.define([
      { name: 'mosaic', group_by: { by: ['field'], window: { size: 1 } }, min_members: 2 },
      { name: 'combine', depends_on: ['mosaic'], group_by: [] },
    ]);
    await world.ingest(['a', 'b'].map((field) => ({ name: `${field}.fits`, dims: { field }, at: 0 })));
    await world.evaluate();
    const blockedBy = async () =>
      (await world.subGroups('combine')).map(({ detail }) => detail['blocked_by']);
    expect(await blockedBy()).toEqual([[{ step: 'mosaic', state: 'incomplete', count: 2 }]]);

    await queryRows(world.db, sql`UPDATE data_item SET retired_at = now() WHERE name = 'a.fits'`);
    await world.evaluate();

    expect(await blockedBy()).toEqual([[{ step: 'mosaic', state: 'incomplete', count: 1 }]]);
  });

  it('run once each value that is expected of a dimension is among their members', async () => {
    const lowAndHigh = { slots: { dim: 'band', values: ['low', 'high'] } };
    await world.define([
      { name: 'mosaic', group_by: { by: ['field'], window: { size: 3 } }, expect: lowAndHigh },
    ]);
    await world.ingest([
      { name: 'a-low.fits', dims: { field: 'a', band: 'low' }, at: 0 },
      { name: 'a-high.fits', dims: { field: 'a', band: 'high' }, at: MINUTE },
      { name: 'b-low.fits', dims: { field: 'b', band: 'low' }, at: 0 },
      { name: 'b-other.fits', dims: { field: 'b', band: 'other' }, at: MINUTE },
    ]);

    expect([await world.evaluate(), await world.states('mosaic')]).toEqual([1, ['running', 'incomplete']]);
    expect((await world.subGroups('mosaic'))[1]?.detail).toEqual({
      dim: 'band',
      missing_slots: ['high'],
      needed: 2,
    });
    await queryRows(
      world.db,
      sql`UPDATE data_item SET dims = dims || '{"band": "high"}' WHERE name = 'b-other.fits'`,
    );

    expect([await world.evaluate(), await world.states('mosaic')]).toEqual([1, ['running', 'running']]);
  });
});
