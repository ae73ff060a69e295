import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { openTestApi, type TestApi } from './testing/open-test-api.js';

describe('a change', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const countOf = async (name: string): Promise<number> => {
    const row = await queryRow<{ n: number }>(
      api.db.dataSource.manager,
      sql`SELECT count(*) AS n FROM observatory WHERE name = ${name}`,
    );
    return row?.n ?? -1;
  };
  const create = (name: string, key: string, more: object = {}) =>
    api.as('operator').post('/observatories', { name, ...more }, { 'Idempotency-Key': key });

  it('is audited with who, what, and the request id', async () => {
    const created = await api
      .as('operator')
      .post('/observatories', { name: 'audited' }, { 'X-Request-Id': 'audit-me' });
    await api.as('operator').post('/observatories', { name: 'audited' });

    const entries = await queryRows(
      api.db.dataSource.manager,
      sql`SELECT actor, action, target, before, after, request_id FROM audit_log WHERE target = 'observatory:audited'`,
    );
    expect(entries).toEqual([
      {
        actor: 'token:operator',
        action: 'observatory.create',
        target: 'observatory:audited',
        before: null,
        after: created.body,
        request_id: 'audit-me',
      },
    ]);
    const shown = await api.as('operator').get('/audit-log?target=observatory:audited');
    expect(shown.body.items).toEqual([
      { id: expect.any(Number), at: expect.any(String), ...(entries[0] as object) },
    ]);
  });

  it('is made once however often it is sent with one Idempotency-Key', async () => {
    const first = await create('once', 'k1');
    const again = await create('once', 'k1');

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(await countOf('once')).toBe(1);
  });

  it('is made once when the same request comes many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => create('race', 'k2')));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(answers.map(({ body }) => body as object)).toEqual(answers.map(() => answers[0]?.body as object));
    expect(await countOf('race')).toBe(1);
    const audited = await queryRows(
      api.db.dataSource.manager,
      sql`SELECT 1 FROM audit_log WHERE target = 'observatory:race'`,
    );
    expect(audited).toHaveLength(1);
  });

  it('is refused when its key was used for something else', async () => {
    await create('mine', 'k3');
    const other = await create('mine', 'k3', { description: 'not the same' });

    expect([other.status, other.body.code]).toEqual([409, 'idempotency.key_reused']);
  });

  it('may be sent again with the same key after it failed', async () => {
    await create('taken', 'k4');
    const failed = await api
      .as('operator')
      .post('/telescopes', { name: 'T', observatory: 'later' }, { 'Idempotency-Key': 'k5' });
    await api.as('operator').post('/observatories', { name: 'later' });
    const again = await api
      .as('operator')
      .post('/telescopes', { name: 'T', observatory: 'later' }, { 'Idempotency-Key': 'k5' });

    expect([failed.status, failed.body.code, again.status]).toEqual([422, 'observatory.unknown', 201]);
  });

  it('has keys of its own per token', async () => {
    const operators = await create('per-token', 'k6');
    const admins = await api
      .as('admin')
      .post('/observatories', { name: 'per-token-2' }, { 'Idempotency-Key': 'k6' });

    expect([operators.status, admins.status]).toEqual([201, 201]);
  });
});
