import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aPipeline, aRawFile, aRecipe, aRun, aStep, aSubGroup, bindInput } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const recipe = (order: number) => ({
  software: { identity: { name: 'reduce', version: '1.0' }, command: ['reduce'], environment: {} },
  config: { parameters: { fit: { order } }, inputs: {}, group_by: ['night'] },
});

describe('the explanation of a sub-group over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  it('what differs from its last result, what holds it and when it can be run', async () => {
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, {
      name: 'nightly',
      trigger: 'CRON',
      schedule: { expression: '0 12 * * *', timezone: 'UTC' },
      cronDueAt: new Date(),
    });
    const recipeHash = await aRecipe(manager, recipe(3));
    const step = await aStep(manager, { pipeline, name: 'reduce', groupBy: ['night'], recipeHash });
    const subGroupId = await aSubGroup(manager, { step, dims: { night: 1 }, state: 'stale' });
    const used = await aRawFile(manager, { name: 'used.fits', dims: { night: 1 } });
    const dark = await aRawFile(manager, { name: 'dark.fits', dims: { night: 0 } });
    const past = await aRecipe(manager, recipe(1));
    const run = await aRun(manager, {
      step,
      subGroupId,
      itemIds: [used],
      status: 'COMPLETED',
      recipeHash: past,
    });
    await bindInput(manager, run, dark);
    await queryRows(
      manager,
      sql`UPDATE sub_group SET last_run_id = ${run.runId}, last_completed_run_id = ${run.runId}, member_count = 2, causes = '{config}' WHERE id = ${subGroupId}`,
    );
    const added = await aRawFile(manager, { name: 'added.fits', dims: { night: 1 } });

    const { status, body } = await api.as('viewer').get(`/gaps/${subGroupId}/explanation`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      gap: {
        sub_group_id: subGroupId,
        state: 'stale',
        explanation: 'its result is out of date: its configuration changed',
      },
      last_result: { run_id: run.runId, software_version: '1.0.0' },
      software_version: '1.0.0',
      inputs: [{ change: 'added', item_id: added, name: 'added.fits', was: null }],
      recipe: [{ component: 'parameters', path: '/fit/order', was: 1, is: 3 }],
      associations: [
        {
          name: 'dark',
          role: 'only',
          was: { item: 'dark.fits', method: 'nearest', offset_seconds: -60 },
          is: null,
        },
      ],
      blocked_by: [],
      holds: [],
      needs: 'schedule',
    });
    expect(body.earliest_at).toMatch(/T12:00:00\.000Z$/);
    expect(body.unaided_at).toBe(body.earliest_at);
    expect(Date.parse(body.earliest_at as string)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('of one that never had a result nothing differs', async () => {
    const { manager } = api.db.dataSource;
    const id = await aSubGroup(manager, { state: 'failed' });
    const { body } = await api.as('viewer').get(`/gaps/${id}/explanation`);
    expect(body).toMatchObject({
      last_result: null,
      inputs: [],
      recipe: [],
      associations: [],
      needs: 'person',
      earliest_at: null,
      unaided_at: null,
    });
  });

  it('refuses a sub-group that is not there', async () => {
    const { status, body } = await api.as('viewer').get('/gaps/999999/explanation');
    expect([status, body.code]).toEqual([404, 'sub_group.not_found']);
  });
});
