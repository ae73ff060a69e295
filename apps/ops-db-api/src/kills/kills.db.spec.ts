import { aLocation, aPipeline, aRun, aStep, runRow, type BuiltStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('kills over HTTP', () => {
  let api: TestApi;
  let step: BuiltStep;
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const locationId = await aLocation(manager, { name: 'lab' });
    step = await aStep(manager, { pipeline: await aPipeline(manager, { name: 'imaging', locationId }) });
  });
  afterAll(() => api.close());

  const running = async (): Promise<number> =>
    (await aRun(api.db.dataSource.manager, { step, status: 'RUNNING' })).runId;

  it('stop a pipeline, and say what stands between us and the proof', async () => {
    const runId = await running();

    const { status, body } = await api
      .as('operator')
      .post('/kills', { scope: 'pipeline', target: 'imaging', reason: 'smoke' });

    expect(status).toBe(202);
    expect(body).toEqual({
      id: expect.any(Number),
      scope: 'pipeline',
      target: 'imaging',
      reason: 'smoke',
      requested_by: 'token:operator',
      requested_at: expect.any(String),
      state: 'open',
      holds: true,
      settled_at: null,
      lifted_at: null,
      lifted_by: null,
      summary: 'not stopped yet: lab is being asked; 1 run has not ended',
      runs: { RUNNING: 1 },
      sites: [
        {
          location: 'lab',
          asked_at: null,
          answered_at: null,
          silence: null,
          clean_looks: 0,
          told_count: 0,
          alive_count: 0,
          alive: [],
        },
      ],
    });
    expect((await api.as('viewer').get(`/kills/${body.id}`)).body).toEqual(body);
    expect((await api.as('viewer').get('/kills?limit=1')).body.items).toEqual([body]);
    expect((await api.as('viewer').get('/pipelines/imaging')).body).toMatchObject({
      paused_by: 'token:operator',
      pause_reason: `kill ${body.id}: smoke`,
    });
    expect((await runRow(api.db.dataSource.manager, runId))['cancel_requested_by']).toBe(`kill:${body.id}`);
    expect((await api.as('operator').get(`/audit-log?target=kill:${body.id}`)).body.items).toMatchObject([
      { actor: 'token:operator', action: 'kill.open', after: { scope: 'pipeline', target: 'imaging' } },
    ]);
  });

  it('are lifted once, and one that has no proof is given up, not settled', async () => {
    const { body } = await api.as('operator').post('/kills', { scope: 'everything', reason: 'fire' });
    expect(body).toMatchObject({ scope: 'everything', target: null, holds: true });

    const lifted = await api.as('operator').post(`/kills/${body.id}/lift`);

    expect([lifted.status, lifted.body]).toMatchObject([
      200,
      { state: 'given_up', holds: false, lifted_by: 'token:operator', settled_at: null },
    ]);
    expect(lifted.body.summary).toMatch(/^given up by token:operator without proof: /);
    const again = await api.as('admin').post(`/kills/${body.id}/lift`);
    expect([again.status, again.body]).toEqual([200, lifted.body]);
  });

  it('a scientist stops a run and nothing larger, a viewer nothing', async () => {
    const target = String(await running());
    const ask = async (role: 'scientist' | 'viewer', body: object): Promise<[number, unknown]> => {
      const answer = await api.as(role).post('/kills', { reason: 'no', ...body });
      return [answer.status, answer.body.code];
    };
    expect(await ask('viewer', { scope: 'run', target })).toEqual([403, 'auth.not_allowed']);
    expect(await ask('scientist', { scope: 'pipeline', target: 'imaging' })).toEqual([
      403,
      'kill.needs_operator',
    ]);
    expect(await ask('scientist', { scope: 'everything' })).toEqual([403, 'kill.needs_operator']);
    expect(await ask('scientist', { scope: 'run', target })).toEqual([202, undefined]);
  });

  it('of a run that is finished are allowed: they prove that nothing of it is left', async () => {
    const run = await aRun(api.db.dataSource.manager, { step, status: 'COMPLETED' });
    const { status, body } = await api
      .as('scientist')
      .post('/kills', { scope: 'run', target: String(run.runId), reason: 'is it gone?' });
    expect([status, body.runs, body.target]).toEqual([202, {}, String(run.runId)]);
  });

  it.each([
    [{ scope: 'run', target: '999999' }, 404, 'run.not_found'],
    [{ scope: 'run', target: 'x' }, 404, 'run.not_found'],
    [{ scope: 'pipeline', target: 'nothing' }, 404, 'pipeline.not_found'],
    [{ scope: 'location', target: 'nowhere' }, 404, 'location.not_found'],
    [{ scope: 'location', target: 'shelf' }, 422, 'kill.bad_target'],
    [{ scope: 'pipeline' }, 422, 'kill.bad_target'],
    [{ scope: 'everything', target: 'imaging' }, 422, 'kill.bad_target'],
    [{ scope: 'galaxy' }, 422, 'request.invalid'],
    [{ scope: 'everything', reason: '' }, 422, 'request.invalid'],
  ])('refuse %j with %i', async (body, status, code) => {
    if ('target' in body && body.target === 'shelf')
      await aLocation(api.db.dataSource.manager, { name: 'shelf', kind: 'SOURCE' });
    const before = (await api.as('viewer').get('/kills')).body.items.length;
    const answer = await api.as('operator').post('/kills', { reason: 'smoke', ...body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect((await api.as('viewer').get('/kills')).body.items).toHaveLength(before);
  });
});
