import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aPipeline, aRawFile, aRun, aStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('items that runs owe, over HTTP', () => {
  let api: TestApi;
  let items: number[];
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, { name: 'survey' });
    const step = await aStep(manager, {
      pipeline,
      name: 'measure',
      groupBy: { by: [], item: { bundle: 25 } },
    });
    items = [await aRawFile(manager), await aRawFile(manager), await aRawFile(manager)];
    const { runId, subGroupId } = await aRun(manager, {
      ...{ step, itemIds: items, subGroupDims: { shard: 1 }, status: 'COMPLETED' },
    });
    for (const statement of [
      sql`UPDATE sub_group SET state = 'current', last_run_id = ${runId}, last_completed_run_id = ${runId}, member_count = 3,
            report = '{"form": "partial", "bundle": 25}' WHERE id = ${subGroupId} RETURNING id`,
      sql`INSERT INTO sub_group_member SELECT ${subGroupId}, unnest(${items}::bigint[])`,
      sql`INSERT INTO item_outcome (run_id, item_id, outcome, reason, failure_class)
          SELECT ${runId}, * FROM unnest(${items}::bigint[], ARRAY['failed', 'missing', 'failed'], ARRAY['no star', '', 'clouds'], ARRAY['', '', 'BAD_DATA'])`,
    ])
      await queryRows(manager, statement);
  });
  afterAll(() => api.close());

  const ASKED = { pipeline: 'survey', step: 'measure' };

  it('are listed with what was said of them, in pages', async () => {
    const first = await api.as('viewer').get('/item-gaps?pipeline=survey&step=measure&limit=2');
    expect(first.body.items).toMatchObject([
      { item_id: items[0], outcome: 'failed', reason: 'no star', is_retried: true, pending: null },
      { item_id: items[1], outcome: 'missing', is_retried: true },
    ]);
    const rest = await api
      .as('viewer')
      .get(`/item-gaps?pipeline=survey&step=measure&limit=2&cursor=${String(first.body.next)}`);
    expect(rest.body).toMatchObject({
      items: [{ item_id: items[2], failure_class: 'BAD_DATA', is_retried: false }],
      next: null,
    });
  });

  it('are not listed, nor tried again, of a step that is not there', async () => {
    expect((await api.as('viewer').get('/item-gaps?pipeline=survey&step=none')).body.code).toBe(
      'step.not_found',
    );
    expect((await api.as('scientist').post('/item-gaps/retry', { ...ASKED, step: 'none' })).body.code).toBe(
      'step.not_found',
    );
    expect((await api.as('viewer').post('/item-gaps/retry', ASKED)).status).toBe(403);
    expect((await api.as('scientist').post('/item-gaps/retry', { ...ASKED, item_ids: [0] })).status).toBe(
      422,
    );
  });

  it('are tried again once, and the audit log says who asked', async () => {
    const first = await api.as('scientist').post('/item-gaps/retry', ASKED);
    expect([first.status, first.body]).toEqual([
      202,
      { items: 2, sub_groups: 1, not_retried: 1, pending: 0, is_more: false },
    ]);
    const again = await api.as('scientist').post('/item-gaps/retry', ASKED);
    expect(again.body).toMatchObject({ items: 0, not_retried: 1, pending: 2 });
    const { manager } = api.db.dataSource;
    expect(
      await queryRow(
        manager,
        sql`SELECT dims, state, report, member_count AS members FROM sub_group WHERE report ? 'retry'`,
      ),
    ).toEqual({
      dims: { shard: 2 },
      state: 'missing',
      report: { form: 'partial', bundle: 25, retry: true },
      members: 2,
    });
    expect(
      await queryRows(manager, sql`SELECT actor, action, target FROM audit_log WHERE action = 'items.retry'`),
    ).toEqual([{ actor: 'token:scientist', action: 'items.retry', target: 'step:survey/measure' }]);
    expect((await api.as('viewer').get('/item-gaps?pipeline=survey&step=measure')).body.items).toMatchObject([
      { pending: { state: 'missing' } },
      { pending: { state: 'missing' } },
      { pending: null },
    ]);
  });
});
