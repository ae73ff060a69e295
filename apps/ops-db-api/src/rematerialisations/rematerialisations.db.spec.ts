import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aProduct, aRun } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('rematerialisations over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const aResult = async (): Promise<{ product: number; runId: number }> => {
    const { manager } = api.db.dataSource;
    const run = await aRun(manager, { status: 'COMPLETED' });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET last_completed_run_id = ${run.runId} WHERE id = ${run.subGroupId} RETURNING id`,
    );
    return { product: await aProduct(manager, run), runId: run.runId };
  };
  const lose = (product: number) =>
    queryRows(
      api.db.dataSource.manager,
      sql`UPDATE physical_copy SET status = 'DELETED' WHERE item_id = ${product} RETURNING id`,
    );
  const ask = (product: number, role: 'scientist' | 'viewer' = 'scientist') =>
    api.as(role).post(`/products/${product}/rematerialisations`, {});

  it('are asked for by scientists, of products without a copy, and are one however often they are asked for', async () => {
    const { product, runId } = await aResult();
    expect((await ask(product, 'viewer')).status).toBe(403);
    expect((await ask(0)).body.code).toBe('product.not_found');
    expect((await ask(product)).body.code).toBe('rematerialisation.not_needed');
    await lose(product);
    const asked = await ask(product);
    expect([asked.status, asked.body.run_id, asked.body.state]).toEqual([202, runId, 'wanted']);
    expect((await ask(product)).body.id).toBe(asked.body.id);
    const { items } = (await api.as('viewer').get(`/rematerialisations?product=${product}`)).body;
    expect(items).toEqual([asked.body]);
  });

  it('are accepted only when other bytes came out, which runs the step again and cancels what waits', async () => {
    const { manager } = api.db.dataSource;
    const { product } = await aResult();
    await lose(product);
    const { id } = (await ask(product)).body as { id: number };
    const accept = () => api.as('scientist').post(`/rematerialisations/${id}/acceptance`, {});
    expect((await accept()).body.code).toBe('rematerialisation.not_acceptable');
    const waiting = await aRun(manager, { itemIds: [product] });
    const remake = await aRun(manager, { status: 'COMPLETED' });
    await queryRows(
      manager,
      sql`UPDATE rematerialisation SET state = 'different', finished_at = now(), remake_run_id = ${remake.runId} WHERE id = ${id} RETURNING id`,
    );
    await queryRows(
      manager,
      sql`INSERT INTO rematerialisation_waiter VALUES (${id}, ${waiting.runId}) RETURNING run_id`,
    );
    const accepted = await accept();
    expect([accepted.status, accepted.body.state, accepted.body.waiting_runs]).toEqual([202, 'accepted', []]);
    const [after] = await queryRows(
      manager,
      sql`SELECT status, (SELECT count(*)::int FROM trigger_request) AS requests, (SELECT count(*)::int FROM sub_group WHERE forced_by = 'token:scientist') AS forced
          FROM run WHERE id = ${waiting.runId}`,
    );
    expect(after).toEqual({ status: 'CANCELLED', requests: 1, forced: 1 });
    expect((await accept()).body.code).toBe('rematerialisation.not_acceptable');
  });
});
