import { sql } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { queryRows } from '@meridian/ops-db';
import { aProduct, aRawFile, aRun, aSoftwareVersion, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

interface Answer {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly relation: string }[];
  readonly truncated: boolean;
}

describe('lineage to any depth', () => {
  let api: TestApi;
  let step: BuiltStep;
  beforeAll(async () => {
    api = await openTestApi();
    const software = await aSoftwareVersion(api.db.dataSource.manager, { name: 'reduce', version: '2.1.0' });
    step = await aStep(api.db.dataSource.manager, { software });
  });
  afterAll(() => api.close());

  const ask = async (of: string, query: string): Promise<Answer> => {
    const { status, body } = await api.as('viewer').get(`/lineage?of=${encodeURIComponent(of)}&${query}`);
    expect(status).toBe(200);
    return body as Answer;
  };
  const sorted = ({ nodes, edges, truncated }: Answer): unknown => ({
    nodes: nodes.map(({ id }) => id).sort(),
    edges: edges.map(({ from, to, relation }) => `${from} ${relation} ${to}`).sort(),
    truncated,
  });
  /** A run of these items with so many products; their ids. */
  const made = async (
    itemIds: readonly number[],
    count = 1,
  ): Promise<{ run: number; products: number[] }> => {
    const run = await aRun(api.db.dataSource.manager, { step, itemIds, status: 'COMPLETED' });
    const products: number[] = [];
    for (let n = 0; n < count; n += 1) products.push(await aProduct(api.db.dataSource.manager, run));
    return { run: run.runId, products };
  };

  it('is what walking generation by generation finds, from any item and run, both ways', async () => {
    const random = new Random(20261121);
    const items: number[] = [];
    const runs: number[] = [];
    for (let n = 0; n < 6; n += 1) items.push(await aRawFile(api.db.dataSource.manager));
    for (let n = 0; n < 16; n += 1) {
      const used = new Set(Array.from({ length: random.whole(1, 4) }, () => random.pick(items)));
      // Some runs fail, and leave nothing.
      const { run, products } = await made([...used], random.whole(0, 3));
      runs.push(run);
      items.push(...products);
    }
    const roots = [...items.map((id) => `item:${id}`), ...runs.map((id) => `run:${id}`)];
    for (const root of roots)
      for (const direction of ['up', 'down']) {
        const whole = await ask(root, `direction=${direction}&limit=20000`);
        expect([root, sorted(whole)]).toEqual([
          root,
          sorted(await ask(root, `direction=${direction}&limit=20000&depth=100`)),
        ]);
        expect(whole.truncated).toBe(false);
      }
  });

  it('goes through more runs than a walk of a hundred generations', async () => {
    const raw = await aRawFile(api.db.dataSource.manager);
    let last = raw;
    for (let n = 0; n < 130; n += 1) last = (await made([last])).products[0] ?? 0;
    const up = await ask(`item:${last}`, 'direction=up');
    expect([up.edges.length, up.truncated]).toEqual([260, false]);
    expect((await ask(`item:${last}`, 'direction=up&depth=100')).truncated).toBe(true);
    expect((await ask(`item:${raw}`, 'direction=down')).edges).toHaveLength(260);
  });

  it('is cut where the limit says, keeps the nearest, which hang together, and says that there is more', async () => {
    const raw = await aRawFile(api.db.dataSource.manager);
    const first = await made([raw], 3);
    const second = await made(first.products, 2);
    const top = (await made(second.products)).products[0] ?? 0;
    const whole = await ask(`item:${top}`, 'direction=up');
    expect(whole.edges).toHaveLength(12);
    for (let limit = 1; limit < 12; limit += 1) {
      const { edges, nodes, truncated } = await ask(`item:${top}`, `direction=up&limit=${limit}`);
      expect([edges.length, truncated]).toEqual([limit, true]);
      const reached = new Set([`item:${top}`]);
      for (let round = 0; round < edges.length; round += 1)
        edges.filter(({ to }) => reached.has(to)).forEach(({ from }) => reached.add(from));
      expect(nodes.map(({ id }) => id).sort()).toEqual([...reached].sort());
    }
  });

  it('begins at all runs of a software version, or of a host', async () => {
    const other = await aStep(api.db.dataSource.manager, {
      software: await aSoftwareVersion(api.db.dataSource.manager, { name: 'extract', version: '1.2.0' }),
    });
    const raw = await aRawFile(api.db.dataSource.manager);
    const run = await aRun(api.db.dataSource.manager, { step: other, itemIds: [raw], status: 'COMPLETED' });
    const product = await aProduct(api.db.dataSource.manager, run);
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE attempt SET host = 'node17' WHERE run_id = ${run.runId} RETURNING run_id`,
    );
    const later = await made([product]);
    const all = [
      `item:${product}`,
      `item:${later.products[0]}`,
      `run:${run.runId}`,
      `run:${later.run}`,
    ].sort();
    for (const subject of ['software:extract@1.2.0', 'host:node17'])
      expect((await ask(subject, 'direction=down')).nodes.map(({ id }) => id).sort()).toEqual(all);
    const codes = ['software:extract@9.0.0', 'host:elsewhere', 'run:999999', 'item:999999', 'tape:7'].map(
      async (of) => (await api.as('viewer').get(`/lineage?of=${of}`)).body.code as string,
    );
    expect(await Promise.all(codes)).toEqual([
      'software_version.not_found',
      'host.not_found',
      'run.not_found',
      'data_item.not_found',
      'subject.invalid',
    ]);
  });

  it('counts what a calibration has an impact on, and lists the sub-groups and publications', async () => {
    const { manager } = api.db.dataSource;
    const [raw, dark] = [await aRawFile(manager), await aRawFile(manager)];
    const first = await aRun(manager, { step, itemIds: [raw, dark], status: 'COMPLETED' });
    const products = [await aProduct(manager, first), await aProduct(manager, first)];
    const later = await aRun(manager, { step, itemIds: products, status: 'COMPLETED' });
    await aProduct(manager, later);
    await queryRows(
      manager,
      sql`UPDATE sub_group SET last_completed_run_id = ${later.runId} WHERE id = ${later.subGroupId} RETURNING id`,
    );
    const { body } = await api.as('viewer').get(`/impact?of=item:${dark}`);
    expect(body).toMatchObject({
      of: `item:${dark}`,
      total: { runs: 2, products: 3, current_sub_groups: 1, published: 0 },
      steps: [{ step: step.name, runs: 2, products: 3 }],
      sub_groups: [{ id: later.subGroupId, run_id: later.runId, step: step.name }],
      publications: [],
    });
    expect((await api.as('viewer').get(`/impact?of=item:${products[0]}`)).body.total.runs).toBe(1);
  });
});
