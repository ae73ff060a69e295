import { recordHeartbeat } from '@meridian/ops-db';
import request from 'supertest';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('health', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const ask = (path: string) => request(api.app.getHttpServer()).get(path);

  it('is live and ready on a current schema', async () => {
    const [live, ready] = [await ask('/health/live'), await ask('/health/ready')];

    expect([live.status, live.body, ready.status, ready.body]).toEqual([
      200,
      { status: 'ok' },
      200,
      { status: 'ok' },
    ]);
  });

  it('is not ready while a migration is missing', async () => {
    const [last] = await api.db.dataSource
      .query<{ name: string }[]>(
        'DELETE FROM schema_migration WHERE id = (SELECT max(id) FROM schema_migration) RETURNING name',
      )
      .then((result: unknown) => (result as [{ name: string }[]])[0]);
    try {
      const ready = await ask('/health/ready');

      expect([ready.status, ready.body.code]).toEqual([503, 'database.schema_outdated']);
    } finally {
      await api.db.dataSource.query('INSERT INTO schema_migration (timestamp, name) VALUES (1, $1)', [
        last?.name,
      ]);
    }
  });

  it('tells a daemon that beats from one that is silent', async () => {
    const beat = {
      daemon: 'trigger-manager',
      host: 'h',
      pid: 1,
      version: '0.1.0',
      startedAt: new Date(),
      passes: { evaluate: { changed: 3 } },
    };
    await recordHeartbeat(api.db.dataSource.manager, { ...beat, instance: 'a' });
    await recordHeartbeat(api.db.dataSource.manager, { ...beat, instance: 'b' });
    await api.db.dataSource.query(
      `UPDATE daemon_heartbeat SET beat_at = now() - interval '5 minutes' WHERE instance = 'b'`,
    );

    const daemons = await api.as('viewer').get('/daemons');

    const shown = (daemons.body.items as { instance: string; state: string; passes: object }[]).map(
      ({ instance, state, passes }) => ({ instance, state, passes }),
    );
    expect(shown).toEqual([
      { instance: 'a', state: 'alive', passes: { evaluate: { changed: 3 } } },
      { instance: 'b', state: 'late', passes: { evaluate: { changed: 3 } } },
    ]);
  });
});
