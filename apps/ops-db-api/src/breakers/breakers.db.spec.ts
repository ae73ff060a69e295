import { listBreakers, openBreakers } from '@meridian/ops-db';
import { aStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('breakers', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const open = async (coolDownSeconds = 60): Promise<number> => {
    const { manager } = api.db.dataSource;
    const { locationId, stepId } = await aStep(manager);
    const trip = { failureClass: 'SOFTWARE', failures: 5, outcomes: 6, lastFailure: 'exit code 1' } as const;
    const [id] = await openBreakers(manager, [{ locationId, stepId, coolDownSeconds, ...trip }]);
    return id ?? 0;
  };

  it('say what opened them and when they are tried again', async () => {
    const id = await open();
    const { body } = await api.as('viewer').get(`/breakers/${id}`);
    expect(body).toEqual({
      id,
      location: expect.stringMatching(/^location-/),
      pipeline: expect.stringMatching(/^pipeline-/),
      step: expect.stringMatching(/^step-/),
      failure_class: 'SOFTWARE',
      state: 'open',
      failures: 5,
      outcomes: 6,
      last_failure: 'exit code 1',
      opened_at: expect.any(String),
      openings: 1,
      retry_at: expect.any(String),
      probe_run_id: null,
      closed_at: null,
      closed_by: null,
    });
    const { opened_at, retry_at } = body as { opened_at: string; retry_at: string };
    expect((Date.parse(retry_at) - Date.parse(opened_at)) / 1000).toBeCloseTo(60, 0);
  });

  it('are listed page by page, of one state where that is asked for', async () => {
    const halfOpen = await open(0);
    const stillOpen = await open();
    const { items } = (await api.as('viewer').get('/breakers?state=half_open')).body as {
      items: { id: number }[];
    };
    const ids = items.map(({ id }) => id);
    expect(ids).toContain(halfOpen);
    expect(ids).not.toContain(stillOpen);
    const page = await api.as('viewer').get('/breakers?limit=1');
    expect(page.body).toMatchObject({ items: [{ id: expect.any(Number) }], next: expect.any(String) });
  });

  it('are reset by an operator, with an audit entry, and once', async () => {
    const id = await open();
    const reset = await api.as('operator').post(`/breakers/${id}/reset`);
    expect(reset.status).toBe(200);
    expect(reset.body).toMatchObject({ id, state: 'closed', closed_by: 'token:operator' });
    expect((await api.as('operator').post(`/breakers/${id}/reset`)).body).toEqual(reset.body);
    const { items } = (await api.as('operator').get(`/audit-log?target=breaker:${id}`)).body as {
      items: object[];
    };
    expect(items).toMatchObject([
      {
        actor: 'token:operator',
        action: 'breaker.reset',
        before: { state: 'open' },
        after: { state: 'closed' },
      },
    ]);
  });

  it('are not reset by who may only look', async () => {
    const id = await open();
    expect((await api.as('scientist').post(`/breakers/${id}/reset`)).status).toBe(403);
    const found = await listBreakers(api.db.dataSource.manager, { after: id - 1, limit: 1 });
    expect(found).toMatchObject([{ id, state: 'open' }]);
  });

  it('that do not exist are not found', async () => {
    const missing = await api.as('operator').post('/breakers/999999/reset');
    expect(missing.status).toBe(404);
    expect((missing.body as { code: string }).code).toBe('breaker.not_found');
  });
});
