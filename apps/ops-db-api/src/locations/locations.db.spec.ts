import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const PROCESSING = {
  kind: 'PROCESSING',
  base_path: '/scratch/meridian',
  backend: 'slurm-rest',
  backend_config: { url: 'http://slurm:6820', token_file: '/etc/meridian/slurm.jwt' },
  runtime: 'apptainer',
};

describe('locations', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    const created = await api.as('operator').post('/locations', { name: 'cluster', ...PROCESSING });
    expect(created.status).toBe(201);
  });
  afterAll(() => api.close());

  it('says what is wrong with how jobs run, the path, and secrets', async () => {
    const refused = await api.as('operator').post('/locations', {
      name: 'wrong',
      kind: 'PROCESSING',
      base_path: '/',
      runtime: 'host',
      backend_config: { slurm_token: 'eyJ', token: { file: '/run/secrets/slurm' } },
    });

    expect([
      refused.status,
      refused.body.problems.map((p: { path: string; code: string }) => `${p.path} ${p.code}`),
    ]).toEqual([
      422,
      [
        '/backend field.required',
        '/base_path location.base_path',
        '/backend_config/slurm_token location.secret_in_config',
      ],
    ]);
  });

  it('are replaced only by who has seen the newest state', async () => {
    const seen = await api.as('viewer').get('/locations/cluster');
    const etag = String(seen.headers['etag']);
    const first = await api
      .as('operator')
      .put('/locations/cluster', { ...PROCESSING, max_active_runs: 5 }, { 'If-Match': etag });
    const second = await api
      .as('operator')
      .put('/locations/cluster', { ...PROCESSING, max_active_runs: 6 }, { 'If-Match': etag });

    expect([first.status, first.body.max_active_runs]).toEqual([200, 5]);
    expect([second.status, second.body.code]).toEqual([412, 'request.precondition_failed']);
    expect((await api.as('viewer').get('/locations/cluster')).body).toEqual(first.body);
  });

  it('are paused with who and why, and resumed', async () => {
    const paused = await api.as('operator').post('/locations/cluster/pause', { reason: 'cooling is down' });
    const resumed = await api.as('operator').delete('/locations/cluster/pause');
    const again = await api.as('operator').delete('/locations/cluster/pause');

    expect(paused.body).toMatchObject({
      paused_at: expect.any(String),
      paused_by: 'token:operator',
      pause_reason: 'cooling is down',
    });
    expect(resumed.body).toMatchObject({ paused_at: null, paused_by: null, pause_reason: null });
    expect([again.status, again.body]).toEqual([200, resumed.body]);
    const log = await api.as('operator').get('/audit-log?target=location:cluster');
    const actions = (log.body.items as { action: string }[]).map(({ action }) => action);
    expect(actions.slice(0, 2)).toEqual(['location.resume', 'location.pause']);
  });

  it('are changed by operators, not by scientists', async () => {
    const refused = await api.as('scientist').post('/locations/cluster/pause', { reason: 'mine' });

    expect([refused.status, refused.body.code]).toEqual([403, 'auth.not_allowed']);
  });
});
