import { queryRows } from '@meridian/ops-db';
import { sql } from '@meridian/core';
import request from 'supertest';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('tokens', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  it('shows a new token once and stores only its hash', async () => {
    const created = await api
      .as('admin')
      .post('/tokens', { name: 'alice', role: 'scientist', expires_in_days: 30 });

    expect(created.status).toBe(201);
    const secret = (created.body as { token: string }).token;
    expect(secret).toMatch(/^mrd_[A-Za-z0-9_-]{43}$/);
    const listed = await api.as('admin').get('/tokens');
    expect(listed.text).not.toContain(secret);
    const everywhere = await queryRows<{ row: string }>(
      api.db.dataSource.manager,
      sql`SELECT t::text AS row FROM api_token t UNION ALL SELECT a::text FROM audit_log a UNION ALL SELECT i::text FROM idempotency_key i`,
    );
    expect(everywhere.map(({ row }) => row).join('\n')).not.toContain(secret);
    expect(api.logLines.join('\n')).not.toContain(secret);
  });

  it('keeps the secret out of what it stores for an Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': 'make-bob' };
    const first = await api.as('admin').post('/tokens', { name: 'bob', role: 'viewer' }, key);
    const second = await api.as('admin').post('/tokens', { name: 'bob', role: 'viewer' }, key);

    expect(second.status).toBe(201);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.body).toEqual({ ...(first.body as object), token: null });
  });

  it('stops working after it is revoked', async () => {
    const created = await api.as('admin').post('/tokens', { name: 'carol', role: 'viewer' });
    const { id, token } = created.body as { id: number; token: string };
    expect((await api.as('admin').delete(`/tokens/${id}`)).status).toBe(204);

    const refused = await request(api.app.getHttpServer())
      .get('/api/v1/tokens')
      .set('Authorization', `Bearer ${token}`);

    expect(refused.status).toBe(401);
    expect((refused.body as { code: string }).code).toBe('auth.token_revoked');
  });

  it('is for admins only', async () => {
    const refused = await api.as('operator').post('/tokens', { name: 'dave', role: 'admin' });

    expect(refused.status).toBe(403);
    expect((refused.body as { code: string }).code).toBe('auth.not_allowed');
  });

  it('has a name of its own', async () => {
    await api.as('admin').post('/tokens', { name: 'erin', role: 'viewer' });
    const again = await api.as('admin').post('/tokens', { name: 'erin', role: 'viewer' });

    expect(again.status).toBe(409);
    expect(again.body).toEqual({
      type: 'urn:meridian:problem:api_token.already_exists',
      title: 'Conflict',
      status: 409,
      detail: 'This api token exists already: api token name is unique.',
      code: 'api_token.already_exists',
      action: 'Use the existing one, or choose another name.',
      problems: [],
      request_id: again.headers['x-request-id'],
    });
  });
});
