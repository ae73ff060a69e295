import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aProduct, aRawFile, aRun, aStep, bindInput, type BuiltStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

/**
 * raw → extract → {clean a, clean b} → combine → map: a diamond, four generations deep.
 * Beside it the extraction made a plot that nothing uses.
 */
interface Family {
  readonly raw: number;
  readonly extracted: number;
  readonly plot: number;
  readonly cleanA: number;
  readonly cleanB: number;
  readonly combined: number;
  readonly map: number;
}

describe('lineage over HTTP', () => {
  let api: TestApi;
  let step: BuiltStep;
  let family: Family;
  const names = new Map<string, string>();
  beforeAll(async () => {
    api = await openTestApi();
    step = await aStep(api.db.dataSource.manager, { name: 'any' });
    family = await build();
    Object.entries(family).forEach(([name, id]) => names.set(`item:${id}`, name));
  });
  afterAll(() => api.close());

  /** A completed run and one product of it. */
  const make = async (run: string, itemIds: number[], path: string): Promise<number> => {
    const built = await aRun(api.db.dataSource.manager, { step, itemIds, status: 'COMPLETED' });
    names.set(`run:${built.runId}`, run);
    return aProduct(api.db.dataSource.manager, built, { path });
  };
  async function build(): Promise<Family> {
    const { manager } = api.db.dataSource;
    const raw = await aRawFile(manager);
    const extraction = await aRun(manager, { step, itemIds: [raw], status: 'COMPLETED' });
    names.set(`run:${extraction.runId}`, 'extract');
    const extracted = await aProduct(manager, extraction, { path: 'extracted.fits' });
    const plot = await aProduct(manager, extraction, { path: 'plot.png', type: 'PLOT' });
    const cleanA = await make('clean a', [extracted], 'a.fits');
    const cleanB = await make('clean b', [extracted], 'b.fits');
    const combined = await make('combine', [cleanA, cleanB], 'combined.fits');
    return {
      raw,
      extracted,
      plot,
      cleanA,
      cleanB,
      combined,
      map: await make('map', [combined, raw], 'map.fits'),
    };
  }
  const lineage = async (
    id: number,
    query: string,
  ): Promise<{ nodes: string[]; edges: string[]; truncated: boolean }> => {
    const { body } = await api.as('viewer').get(`/data-items/${id}/lineage?${query}`);
    const name = (node: string): string => names.get(node) ?? node;
    return {
      nodes: body.nodes.map((node: { id: string }) => name(node.id)).sort(),
      edges: body.edges
        .map(
          (edge: { from: string; to: string; relation: string }) =>
            `${name(edge.from)} ${edge.relation} ${name(edge.to)}`,
        )
        .sort(),
      truncated: body.truncated,
    };
  };

  it('upwards, a product leads through every generation to the raw file, once each', async () => {
    expect(await lineage(family.map, 'direction=up')).toEqual({
      nodes: [
        'clean a',
        'clean b',
        'cleanA',
        'cleanB',
        'combine',
        'combined',
        'extract',
        'extracted',
        'map',
        'map',
        'raw',
      ],
      edges: [
        'clean a generated cleanA',
        'clean b generated cleanB',
        'cleanA used combine',
        'cleanB used combine',
        'combine generated combined',
        'combined used map',
        'extract generated extracted',
        'extracted used clean a',
        'extracted used clean b',
        'map generated map',
        'raw used extract',
        'raw used map',
      ],
      truncated: false,
    });
  });

  it('what an association bound is used as well, and once when it is a member, too', async () => {
    const { manager } = api.db.dataSource;
    const raw = await aRawFile(manager);
    const dark = await aRawFile(manager);
    const built = await aRun(manager, { step, itemIds: [raw], status: 'COMPLETED' });
    await bindInput(manager, built, dark);
    await bindInput(manager, built, raw, { name: 'reference' });
    const map = await aProduct(manager, built);
    const used = [`item:${raw} used run:${built.runId}`, `item:${dark} used run:${built.runId}`];
    const generated = `run:${built.runId} generated item:${map}`;
    expect((await lineage(map, 'direction=up')).edges).toEqual([...used, generated].sort());
    expect((await lineage(dark, 'direction=down')).edges).toEqual([used[1], generated]);
    expect((await lineage(raw, 'direction=down')).edges).toEqual([used[0], generated]);
  });

  it('downwards, a raw file leads to everything that was made from it', async () => {
    const down = await lineage(family.raw, 'direction=down');
    expect(down.nodes).toEqual([
      'clean a',
      'clean b',
      'cleanA',
      'cleanB',
      'combine',
      'combined',
      'extract',
      'extracted',
      'map',
      'map',
      'plot',
      'raw',
    ]);
    expect(down.edges).toHaveLength(13);
    expect(down.truncated).toBe(false);
  });

  it('depth and limit cut it off, and say so', async () => {
    expect(await lineage(family.combined, 'depth=1')).toEqual({
      nodes: ['cleanA', 'cleanB', 'combine', 'combined'],
      edges: ['cleanA used combine', 'cleanB used combine', 'combine generated combined'],
      truncated: true,
    });
    for (const limit of [1, 2, 5, 11]) {
      const cut = await lineage(family.map, `limit=${limit}`);
      expect([cut.edges.length, cut.truncated]).toEqual([limit, true]);
    }
    expect((await lineage(family.map, 'limit=12')).truncated).toBe(false);
    expect((await lineage(family.plot, 'direction=down')).edges).toEqual([]);
  });

  it('an edge keeps the content that was consumed, when the item changed since', async () => {
    const { manager } = api.db.dataSource;
    const raw = await aRawFile(manager, { contentHash: 'a'.repeat(64) });
    const product = await make('once', [raw], 'once.fits');
    await queryRows(manager, sql`UPDATE data_item SET content_hash = ${'b'.repeat(64)} WHERE id = ${raw}`);

    const { body } = await api.as('viewer').get(`/data-items/${product}/lineage`);

    expect(body.nodes.find((node: { item_id?: number }) => node.item_id === raw).content_hash).toBe(
      'b'.repeat(64),
    );
    expect(body.edges.find((edge: { from: string }) => edge.from === `item:${raw}`).content_hash).toBe(
      'a'.repeat(64),
    );
  });

  it('a circle in the records ends', async () => {
    const { manager } = api.db.dataSource;
    const raw = await aRawFile(manager);
    const product = await make('circle', [raw], 'circle.fits');
    await queryRows(
      manager,
      sql`INSERT INTO input_set_member SELECT run.input_set_id, p.item_id, ${'c'.repeat(64)}
          FROM data_product p JOIN run ON run.id = p.run_id WHERE p.item_id = ${product}`,
    );
    for (const direction of ['up', 'down']) {
      const { body } = await api
        .as('viewer')
        .get(`/data-items/${product}/lineage?direction=${direction}&depth=100`);
      expect([body.edges.length, body.truncated]).toEqual([direction === 'up' ? 3 : 2, false]);
    }
  });

  it('what does not exist has no lineage', async () => {
    const answer = await api.as('viewer').get('/data-items/999999/lineage');
    expect([answer.status, answer.body.code]).toEqual([404, 'data_item.not_found']);
  });
});
