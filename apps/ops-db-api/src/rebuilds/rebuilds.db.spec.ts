import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aLocation } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('rebuilds over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await aLocation(api.db.dataSource.manager, { name: 'cluster' });
  });
  afterAll(() => api.close());
  const ask = (role: 'operator' | 'scientist', body: object = {}, location = 'cluster') =>
    api.as(role).post(`/locations/${location}/rebuilds`, body);

  it('are asked for by operators, one at a time of a location', async () => {
    expect((await ask('scientist')).status).toBe(403);
    expect((await ask('operator', {}, 'nowhere')).body.code).toBe('location.not_found');
    const asked = await ask('operator', { dry_run: true });
    expect([asked.status, asked.body.state, asked.body.dry_run]).toEqual([202, 'waiting', true]);
    expect((await ask('operator')).body.code).toBe('rebuild.under_way');
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE location_rebuild SET state = 'done', counts = '{"rebuilt": 3}', finished_at = now() RETURNING id`,
    );
    const shown = await api.as('viewer').get(`/rebuilds/${asked.body.id}?wait_seconds=30`);
    expect([shown.body.state, shown.body.counts]).toEqual(['done', { rebuilt: 3 }]);
    expect((await api.as('viewer').get('/rebuilds/0')).body.code).toBe('rebuild.not_found');
  });
});
