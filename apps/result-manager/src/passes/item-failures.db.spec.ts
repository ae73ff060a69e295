import { listFailedProducts, listFailures } from '@meridian/ops-db';
import { EVERY_PRODUCT } from '@meridian/ops-db/testing';
import { FLUX, ndjson } from '../testing/declared-tables.js';
import { TableWorld } from '../testing/table-world.js';

describe('failures of items', () => {
  let world: TableWorld;
  beforeAll(async () => {
    world = await TableWorld.open();
  });
  afterAll(() => world.close());

  const open = async (step: { readonly name: string }) => {
    const failures = await listFailures(world.db, {
      ...{ pipeline: null, step: step.name, kind: null, dims: {}, before: null, limit: 100 },
    });
    return failures.map(({ runId, itemId, outcome, reason }) => [runId, itemId, outcome, reason]);
  };
  const productsWithFailures = async (step: { readonly name: string }): Promise<string[]> => {
    const filter = { ...EVERY_PRODUCT, step: step.name };
    return (await listFailedProducts(world.db, { ...filter, before: null, limit: 100 })).map(
      ({ path }) => path,
    );
  };

  it('stay until a later run of the step says something better of the item, and no longer', async () => {
    const { step } = await world.aTool(FLUX);
    const [a = 0, b = 0, c = 0] = await world.items(3);
    const first = await world.ran(step, [a, b, c], {
      'results/flux.ndjson': ndjson([{ item: a, flux: 1 }]),
      'results/outcomes.ndjson': ndjson([{ item: b, outcome: 'failed', reason: 'no star' }]),
      'science/first.fits': 'first',
    });
    expect(await open(step)).toEqual([
      [first.runId, c, 'missing', ''],
      [first.runId, b, 'failed', 'no star'],
    ]);
    expect(await productsWithFailures(step)).toEqual(['science/first.fits']);

    const second = await world.ran(step, [b, c], {
      'results/outcomes.ndjson': ndjson([
        { item: b, outcome: 'failed', reason: 'still none' },
        { item: c, outcome: 'skipped', reason: 'too faint' },
      ]),
      'science/second.fits': 'second',
    });
    expect(await open(step)).toEqual([[second.runId, b, 'failed', 'still none']]);
    expect(await productsWithFailures(step)).toEqual(['science/second.fits']);

    await world.ran(step, [b], { 'results/flux.ndjson': ndjson([{ item: b, flux: 2 }]) });
    expect(await open(step)).toEqual([]);
    expect(await productsWithFailures(step)).toEqual([]);
  });

  it('are of one step: what another step makes of the item heals nothing', async () => {
    const [one, other] = [await world.aTool(FLUX), await world.aTool(FLUX)];
    const [item = 0] = await world.items(1);
    const { runId } = await world.ran(one.step, [item], { 'science/map.fits': 'map' });
    await world.ran(other.step, [item], { 'results/flux.ndjson': ndjson([{ item, flux: 2 }]) });
    expect(await open(one.step)).toEqual([[runId, item, 'missing', '']]);
    expect(await open(other.step)).toEqual([]);
  });

  it('are not opened again by an older run that ends after a newer one', async () => {
    const { step } = await world.aTool(FLUX);
    const [item = 0] = await world.items(1);
    const older = await world.workshop.aRun({ step, itemIds: [item] });
    await world.ran(step, [item], { 'results/flux.ndjson': ndjson([{ item, flux: 2 }]) });
    await world.workshop.leave(older, { files: { 'science/map.fits': 'map' } });
    await world.workshop.ended(older, { state: 'COMPLETED', exitCode: 0 });
    await world.workshop.expireLeases();
    await world.collect();
    expect(await world.outcomes(older.runId)).toEqual([['missing', '']]);
    expect(await open(step)).toEqual([]);
  });
});
