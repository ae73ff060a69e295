import { anArchive, EXECUTED_ID } from '../http/testing/an-archive.js';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const OTHER_ID = '550e8400-e29b-41d4-a716-446655440000';

describe('executed obs units', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await anArchive(api);
  });
  afterAll(() => api.close());

  const start = (more: object = {}) =>
    api.as('service').post('/executed-obs-units', {
      id: OTHER_ID,
      obs_unit: 'M17-tile-1',
      started_at: '2026-05-02T20:00:00Z',
      ...more,
    });
  const finish = (more: object = {}) =>
    api
      .as('service')
      .post(`/executed-obs-units/${OTHER_ID}/finish`, { finished_at: '2026-05-02T20:30:00Z', ...more });

  it('start once: the same start again changes nothing, another one is a conflict', async () => {
    const first = await start();
    const again = await start();
    const other = await start({ started_at: '2026-05-02T21:00:00Z' });

    expect(first.body).toEqual({
      id: OTHER_ID,
      obs_unit: 'M17-tile-1',
      started_at: '2026-05-02T20:00:00.000Z',
      finished_at: null,
      status: 'RUNNING',
      metadata: {},
      created_at: expect.any(String),
    });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect([other.status, other.body.code]).toEqual([409, 'executed_obs_unit.already_exists']);
  });

  it('finish once: the same end again changes nothing, another one is a conflict', async () => {
    await start();
    const first = await finish();
    const again = await finish();
    const other = await finish({ status: 'ABORTED' });

    expect([first.status, first.body.status, first.body.finished_at]).toEqual([
      200,
      'SUCCEEDED',
      '2026-05-02T20:30:00.000Z',
    ]);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect([other.status, other.body.code]).toEqual([409, 'executed_obs_unit.already_finished']);
  });

  it('cannot end before they start', async () => {
    const answer = await api
      .as('service')
      .post(`/executed-obs-units/${EXECUTED_ID}/finish`, { finished_at: '2026-05-01T19:00:00Z' });

    expect([answer.status, answer.body.code]).toEqual([422, 'executed_obs_unit.rule_violated']);
  });

  it('are listed newest first, page by page', async () => {
    await start();
    const first = await api.as('viewer').get('/executed-obs-units?limit=1');
    const second = await api
      .as('viewer')
      .get(`/executed-obs-units?limit=1&cursor=${String(first.body.next)}`);

    expect([first.body.items[0].id, second.body.items[0].id, second.body.next]).toEqual([
      OTHER_ID,
      EXECUTED_ID,
      null,
    ]);
  });
});
