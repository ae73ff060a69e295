import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aLocation, aRawFile } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('audits over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await aLocation(api.db.dataSource.manager, { name: 'vault', kind: 'LONG_TERM_ARCHIVE' });
  });
  afterAll(() => api.close());
  const ask = (role: 'operator' | 'scientist', body: object = {}, location = 'vault') =>
    api.as(role).post(`/locations/${location}/audits`, body);

  it('are asked for by operators, one at a time, and show how far they are', async () => {
    expect((await ask('scientist')).status).toBe(403);
    expect((await ask('operator', {}, 'nowhere')).body.code).toBe('location.not_found');
    expect((await ask('operator', { since: 'yesterday' })).status).toBe(422);
    const asked = await ask('operator', { checksums: true, since: '2026-01-01T00:00:00Z' });
    expect([asked.status, asked.body.state, asked.body.checksums, asked.body.since]).toEqual([
      202,
      'waiting',
      true,
      '2026-01-01T00:00:00.000Z',
    ]);
    expect((await ask('operator')).body.code).toBe('audit.under_way');
    const { items } = (await api.as('viewer').get('/audits?location=vault')).body;
    expect(items).toEqual([asked.body]);
    expect((await api.as('viewer').get('/audits/0')).body.code).toBe('audit.not_found');
  });

  it('list their findings with what to do, and only the worst when asked to', async () => {
    const { manager } = api.db.dataSource;
    const item = await aRawFile(manager);
    const [{ id }] = (await queryRows<{ id: number }>(
      manager,
      sql`SELECT id FROM location_audit ORDER BY id DESC LIMIT 1`,
    )) as [{ id: number }];
    await queryRows(
      manager,
      sql`INSERT INTO audit_finding (audit_id, kind, severity, path, item_id, size_bytes, detail)
          VALUES (${id}, 'missing', 'lost', 'raw/a', ${item}, 5, 'nothing is there'), (${id}, 'unknown', 'note', 'stray', NULL, 1, '')`,
    );
    const all = (await api.as('viewer').get(`/audits/${id}/findings`)).body.items as object[];
    expect(all).toMatchObject([
      { kind: 'missing', item_id: item, advice: expect.stringContaining('restore the file') as string },
      { kind: 'unknown', item_id: null },
    ]);
    const worst = (await api.as('viewer').get(`/audits/${id}/findings?severity=lost`)).body.items as object[];
    expect(worst).toEqual(all.slice(0, 1));
  });

  it('are waited for until they are over', async () => {
    const { items } = (await api.as('viewer').get('/audits')).body as { items: { id: number }[] };
    const at = performance.now();
    const waiting = api.as('viewer').get(`/audits/${items[0]?.id}?wait_seconds=30`);
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE location_audit SET state = 'done', finished_at = now() RETURNING id`,
    );
    expect((await waiting).body.state).toBe('done');
    expect(performance.now() - at).toBeLessThan(20_000);
  });
});
