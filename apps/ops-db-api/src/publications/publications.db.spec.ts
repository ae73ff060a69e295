import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aLocation, aProduct, aRun, aStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('publications over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await aLocation(api.db.dataSource.manager, { name: 'public', kind: 'LONG_TERM_ARCHIVE' });
    await aLocation(api.db.dataSource.manager, { name: 'cluster' });
  });
  afterAll(() => api.close());

  const aResult = async (publication?: object): Promise<number> => {
    const { manager } = api.db.dataSource;
    const step = await aStep(manager, publication === undefined ? {} : { publication: { ...publication } });
    const run = await aRun(manager, { step, status: 'COMPLETED' });
    return aProduct(manager, run, { path: 'science/a.fits' });
  };
  const ask = (id: number, body: object, role: 'scientist' | 'viewer' = 'scientist') =>
    api.as(role).post(`/products/${id}/publications`, { reason: 'paper 12', ...body });
  const moveTo = (id: number, states: readonly string[]) =>
    states.reduce(
      (before, state) =>
        before.then(async () => {
          await queryRows(
            api.db.dataSource.manager,
            sql`UPDATE publication SET state = ${state}, version = 1, path = ${`v1/${id}.fits`}, moved_by = 'test', moved_why = 'test',
                  lease_owner = CASE WHEN ${state} = 'publishing' THEN 'p' END, lease_expires_at = CASE WHEN ${state} = 'publishing' THEN now() END,
                  published_at = CASE WHEN ${state} = 'published' THEN now() END WHERE id = ${id} RETURNING id`,
          );
        }),
      Promise.resolve(),
    );

  it('are asked for by people, where the step publishes or where they say, and tell how they came here', async () => {
    const product = await aResult({ to: 'public', automatic: false, gate: { worst: 'WARN' } });
    const asked = await ask(product, {});
    expect(asked.status).toBe(201);
    expect(asked.body).toMatchObject({
      ...{
        product_id: product,
        product: 'science/a.fits',
        location: 'public',
        state: 'staged',
        version: null,
        published_at: null,
      },
      events: [{ from: null, to: 'staged', actor: 'token:scientist', reason: 'paper 12' }],
    });
    const again = await ask(product, {});
    expect([again.body.id, again.body.state]).toEqual([asked.body.id, 'staged']);
    expect((await ask(await aResult(), { to: 'public' })).body.location).toBe('public');
    const gate = await queryRow(
      api.db.dataSource.manager,
      sql`SELECT gate FROM publication WHERE id = ${asked.body.id}`,
    );
    expect(gate).toEqual({ gate: { worst: 'WARN' } });
  });

  it('need a product, a place that is not for jobs, a reason, and somebody who may', async () => {
    const product = await aResult();
    expect((await ask(0, { to: 'public' })).body.code).toBe('product.not_found');
    expect((await ask(product, {})).body.code).toBe('publication.nowhere');
    expect((await ask(product, { to: 'cluster' })).body.code).toBe('publication.nowhere');
    expect((await ask(product, { to: 'public', reason: '' })).status).toBe(422);
    expect((await ask(product, { to: 'public' }, 'viewer')).status).toBe(403);
  });

  it('that were rejected are tried again when somebody asks, with the gate that the step has now', async () => {
    const product = await aResult({ to: 'public' });
    const { id } = (await ask(product, {})).body;
    await moveTo(id, ['rejected']);
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE reduction_step SET publication = '{"to": "public", "gate": {"worst": "NEEDS_REVIEW"}}' WHERE id =
            (SELECT step_id FROM run JOIN data_product ON run_id = run.id WHERE item_id = ${product})`,
    );
    expect((await ask(product, {})).body).toMatchObject({ id, state: 'staged', attempts: 0 });
    expect(
      await queryRow(
        api.db.dataSource.manager,
        sql`SELECT gate ->> 'worst' AS worst FROM publication WHERE id = ${id}`,
      ),
    ).toEqual({
      worst: 'NEEDS_REVIEW',
    });
  });

  it('are waited for until nothing more happens by itself', async () => {
    const { id } = (await ask(await aResult(), { to: 'public' })).body;
    const at = performance.now();
    const waiting = api.as('viewer').get(`/publications/${id}?wait_seconds=30`);
    await moveTo(id, ['eligible', 'publishing', 'published']);
    expect((await waiting).body.state).toBe('published');
    expect(performance.now() - at).toBeLessThan(20_000);
    expect((await api.as('viewer').get(`/publications/${id}?wait_seconds=61`)).status).toBe(422);
  });

  it('are taken back with a reason once they are published, and only then; the version stays', async () => {
    const { id } = (await ask(await aResult(), { to: 'public' })).body;
    const withdraw = (role: 'operator' | 'scientist' = 'operator') =>
      api.as(role).post(`/publications/${id}/withdrawal`, { reason: 'wrong calibration' });
    expect((await withdraw()).body.code).toBe('publication.not_published');
    await moveTo(id, ['eligible', 'publishing', 'published']);
    expect((await withdraw('scientist')).status).toBe(403);
    const { status, body } = await withdraw();
    expect([status, body.state, body.reasons, body.version]).toEqual([
      202,
      'withdrawn',
      ['wrong calibration'],
      1,
    ]);
    expect((await withdraw()).body.code).toBe('publication.not_published');
    const { items } = (await api.as('viewer').get('/publications?state=withdrawn')).body;
    expect((items as { id: number }[]).map((one) => one.id)).toEqual([id]);
  });
});
