import { buildRecipe, sql, type JsonObject } from '@meridian/core';
import { queryRow } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { aVersion, MINUTE, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

const reduce = (more: JsonObject = {}): JsonObject => ({ name: 'reduce', group_by: ['night'], ...more });
const stack = (more: JsonObject = {}): JsonObject => ({
  name: 'stack',
  depends_on: ['reduce'],
  group_by: ['night'],
  ...more,
});

/** Software whose aperture makes another result, and whose workers do not. */
const software = [
  {
    ...aVersion('1.0.0'),
    config_schema: {
      type: 'object',
      properties: {
        aperture: { type: 'number', default: 4 },
        fit: { type: 'object', properties: { order: { type: 'integer' }, clip: { type: 'number' } } },
        workers: { type: 'integer', default: 1, 'x-role': 'runtime' },
      },
    },
  },
];

const onNights = (...nights: readonly number[]): SurveyFile[] =>
  nights.map((night) => ({ name: `n${night}`, dims: { night, half: night < 3 ? 'first' : 'second' } }));

describe('a person who asks for runs', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
  });
  afterEach(() => world.close());

  const define = (steps: readonly JsonObject[], trigger: 'MANUAL' | 'CONTINUOUS' = 'MANUAL') =>
    world.define(steps, { software, trigger });
  const nights = async (step: string) => (await world.runs(step)).map(({ dims }) => dims['night']);
  const openRequests = async (): Promise<number | undefined> =>
    (
      await queryRow<{ open: number }>(
        world.db,
        sql`SELECT count(*)::int AS open FROM trigger_request WHERE closed_at IS NULL`,
      )
    )?.open;

  it('gets those of what is selected, of every step, and no others', async () => {
    await define([reduce(), stack()]);
    await world.ingest(onNights(1, 2, 3, 4));
    await ada.trigger({ selection: { half: 'first' } });
    await world.process('reduce', 'stack');
    expect([await nights('reduce'), await nights('stack'), await openRequests()]).toEqual([
      [1, 2],
      [1, 2],
      0,
    ]);
    expect(await world.states('reduce')).toEqual(['current', 'current', 'missing', 'missing']);
  });

  it('gets those of the steps that are named, and no others', async () => {
    await define([reduce(), stack()]);
    await world.ingest(onNights(1));
    await ada.trigger({ steps: ['reduce'] });
    await world.process('reduce');
    expect([await nights('reduce'), await world.states('stack'), await openRequests()]).toEqual([
      [1],
      ['missing'],
      0,
    ]);
  });

  it('gets one run for each sub-group: what comes after it waits until somebody asks again', async () => {
    await define([reduce()]);
    await world.ingest(onNights(1));
    await ada.trigger();
    await world.process('reduce');
    await world.ingest([{ name: 'late', dims: { night: 1 } }]);
    expect([await world.evaluate(), await world.states('reduce')]).toEqual([0, ['stale']]);
    await ada.trigger();
    expect(await world.evaluate()).toBe(1);
  });

  it('is answered later for what settles or lacks something now, while the request is open', async () => {
    await define([reduce({ settle_seconds: 60 })]);
    await world.ingest(onNights(1));
    await ada.trigger();
    expect([await world.evaluate(), await openRequests()]).toEqual([0, 1]);
    world.pass(MINUTE);
    expect([await world.evaluate(), await openRequests()]).toEqual([1, 1]);
    await world.process('reduce');
    expect(await openRequests()).toBe(0);
  });

  it('is answered for what is paused when that goes on', async () => {
    await define([reduce()]);
    await world.ingest(onNights(1));
    await ada.pause('step', 'reduce', 'new drivers');
    await ada.trigger({ overrides: { reduce: { aperture: 3 } } });
    expect([await world.evaluate(), await world.states('reduce'), await openRequests()]).toEqual([
      0,
      ['paused'],
      1,
    ]);
    await ada.resume('step', 'reduce');
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('reduce'))[0]?.config).toMatchObject({ aperture: 3 });
  });

  describe('with other parameters', () => {
    const recipeOf = async (parameters: JsonObject): Promise<string> => {
      const version = await queryRow<{ digest: string }>(
        world.db,
        sql`SELECT digest FROM reduction_software_version`,
      );
      return buildRecipe({
        software: { name: 'reduce', version: '1.0.0', digest: version?.digest ?? '' },
        versionPolicy: 'compatible',
        command: ['reduce'],
        environment: {},
        parameters,
        groupBy: ['night'],
        inputs: { raw: true },
      }).recipeHash;
    };

    it('gets them, and their recipe, for the selected sub-groups alone', async () => {
      await define([reduce({ config: { fit: { order: 2, clip: 3 } } })]);
      await world.ingest(onNights(1, 2, 3));
      await ada.trigger({
        selection: { night: 2 },
        overrides: { reduce: { aperture: 9, fit: { order: 5 } } },
      });
      expect(await world.evaluate()).toBe(1);
      await ada.trigger();
      expect(await world.evaluate()).toBe(2);

      const own = { aperture: 4, fit: { order: 2, clip: 3 } };
      const other = { aperture: 9, fit: { order: 5, clip: 3 } };
      expect(
        (await world.runs('reduce')).map(({ dims, config, recipe }) => [dims['night'], config, recipe]),
      ).toEqual([
        [2, { ...other, workers: 1 }, await recipeOf(other)],
        [1, { ...own, workers: 1 }, await recipeOf(own)],
        [3, { ...own, workers: 1 }, await recipeOf(own)],
      ]);
    });

    it('has a result that is stale by `config`, until it is made again with the parameters of the step', async () => {
      await define([reduce(), stack()]);
      await world.ingest(onNights(1, 2));
      await ada.trigger({ selection: { night: 2 }, overrides: { reduce: { aperture: 9 } } });
      await world.process('reduce', 'stack');
      expect(await world.subGroups('reduce')).toMatchObject([
        { state: 'missing' },
        { state: 'stale', causes: ['config'] },
      ]);
      expect((await world.explain('reduce', 1)).facts).toMatchObject({
        lastResult: { recipe: { config: { parameters: { aperture: 9 } } } },
        recipe: { config: { parameters: { aperture: 4 } } },
      });
      await ada.trigger();
      await world.process('reduce', 'stack');
      expect([await world.states('reduce'), await world.states('stack')]).toEqual([
        ['current', 'current'],
        ['current', 'current'],
      ]);
      expect((await world.runs('reduce')).at(-1)).toMatchObject({
        causes: ['config'],
        config: { aperture: 4 },
      });
    });

    it('that change no result has a current one, of the same recipe', async () => {
      await define([reduce()]);
      await world.ingest(onNights(1, 2));
      await ada.trigger({ selection: { night: 1 }, overrides: { reduce: { workers: 8 } } });
      await world.process('reduce');
      await ada.trigger();
      await world.process('reduce');
      const [first, second] = await world.runs('reduce');
      expect([first?.config['workers'], second?.config['workers']]).toEqual([8, 1]);
      expect(first?.recipe).toBe(second?.recipe);
      expect(await world.states('reduce')).toEqual(['current', 'current']);
    });

    it('of each step gives each step its own', async () => {
      await define([reduce(), stack()]);
      await world.ingest(onNights(1));
      await ada.trigger({ overrides: { stack: { aperture: 7 } } });
      await world.process('reduce', 'stack');
      expect((await world.runs('reduce'))[0]?.config).toMatchObject({ aperture: 4 });
      expect((await world.runs('stack'))[0]?.config).toMatchObject({ aperture: 7 });
    });

    it('asked for twice gets those of the later request where both select', async () => {
      await define([reduce()]);
      await world.ingest(onNights(1, 2));
      await ada.trigger({ overrides: { reduce: { aperture: 5 } } });
      await ada.trigger({ selection: { night: 2 }, overrides: { reduce: { aperture: 6 } } });
      expect(await world.evaluate()).toBe(2);
      expect(
        (await world.runs('reduce')).map(({ dims, config }) => [dims['night'], config['aperture']]),
      ).toEqual([
        [1, 5],
        [2, 6],
      ]);
    });

    it('and force has them for what is current, too', async () => {
      await define([reduce()], 'CONTINUOUS');
      await world.ingest(onNights(1, 2));
      await world.process('reduce');
      await ada.force({ selection: { night: 2 }, overrides: { reduce: { aperture: 6 } } });
      expect(await world.evaluate()).toBe(1);
      expect((await world.runs('reduce')).at(-1)).toMatchObject({
        dims: { night: 2 },
        causes: ['forced'],
        config: { aperture: 6 },
      });
    });
  });
});
