import { Random } from '@meridian/core/testing';
import { SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

const items = (count: number, from = 0): SurveyFile[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${String(from + n).padStart(3, '0')}.fits` }));

const measure = { name: 'measure', group_by: { by: [], item: { bundle: 25 } } };

describe('a step that bundles items', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    await world.define([measure]);
  });
  afterEach(() => world.close());

  const sizes = async (): Promise<number[]> =>
    (await world.runs('measure')).map(({ inputs }) => inputs.length);

  it('processes each of 107 items once: four runs of 25, and one of those that came meanwhile', async () => {
    await world.ingest(items(100));
    expect([await world.evaluate(), await sizes()]).toEqual([4, [25, 25, 25, 25]]);
    await world.ingest(items(7, 100));
    expect([await world.evaluate(), await sizes()]).toEqual([1, [25, 25, 25, 25, 7]]);

    const random = new Random(107);
    const left = (await world.runs('measure')).map(({ id }) => id);
    while (left.length > 0) {
      const [next] = left.splice(random.whole(0, left.length - 1), 1);
      await world.complete('measure', [next ?? 0]);
      expect(await world.evaluate()).toBe(0);
    }

    const processed = (await world.runs('measure')).flatMap(({ inputs }) => inputs);
    expect(processed.sort()).toEqual(items(107).map(({ name }) => name));
    expect(await world.states('measure')).toEqual(['current', 'current', 'current', 'current', 'current']);
  });

  it('repeats exactly the shard of an item that changed, with the same items', async () => {
    await world.ingest(items(60));
    await world.evaluate();
    await world.complete('measure');
    await world.evaluate();

    await world.rewrite('030.fits');

    expect(await world.evaluate()).toBe(1);
    const runs = await world.runs('measure');
    expect(runs.at(-1)).toMatchObject({ causes: ['input_changed'], inputs: runs[1]?.inputs });
    expect(await world.states('measure')).toEqual(['current', 'running', 'current']);
  });

  it('fills a shard that has no run yet, and leaves one that has as it is', async () => {
    await world.define([{ ...measure, min_members: 20 }]);
    await world.ingest(items(10));
    expect([await world.evaluate(), await world.states('measure')]).toEqual([0, ['incomplete']]);
    await world.ingest(items(12, 10));
    expect([await world.evaluate(), await sizes()]).toEqual([1, [22]]);
    await world.ingest(items(3, 22));
    await world.evaluate();
    expect((await world.subGroups('measure')).map(({ members }) => members)).toEqual([22, 3]);
  });
});
