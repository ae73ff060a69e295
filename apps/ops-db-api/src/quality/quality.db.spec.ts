import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aProduct, aRun } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('the quality of runs over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const judged = async (verdict: string): Promise<number> => {
    const { manager } = api.db.dataSource;
    const run = await aRun(manager, { status: 'COMPLETED' });
    await aProduct(manager, run, { path: `science/${run.runId}.fits` });
    await queryRows(
      manager,
      sql`INSERT INTO qa_judgement (run_id, verdict) VALUES (${run.runId}, ${verdict})`,
    );
    await queryRows(
      manager,
      sql`INSERT INTO qa_finding (run_id, place, measure, value, verdict, reason) VALUES (${run.runId}, 0, 'snr', 4, ${verdict}, '4 is below 5')`,
    );
    return run.runId;
  };
  const verdictsOf = async (runId: number): Promise<unknown[]> => {
    const { body } = await api.as('viewer').get(`/products?run=${runId}`);
    return (body.items as { verdict: unknown }[]).map(({ verdict }) => verdict);
  };

  it('is that of the rules until a person says another, whose last word holds; all of it is kept and audited', async () => {
    const runId = await judged('FAIL');
    expect((await api.as('viewer').get(`/runs/${runId}/quality`)).body).toEqual({
      ...{ run_id: runId, verdict: 'FAIL', judged: 'FAIL', given: [] },
      findings: [{ measure: 'snr', value: 4, verdict: 'FAIL', reason: '4 is below 5' }],
    });
    expect(await verdictsOf(runId)).toEqual(['FAIL']);

    const say = (verdict: string, reason: string) =>
      api.as('scientist').post(`/runs/${runId}/verdicts`, { verdict, reason });
    expect((await say('PASS', 'the star is faint')).status).toBe(201);
    const { body } = await say('WARN', 'on second thoughts');
    expect(body).toMatchObject({
      ...{ verdict: 'WARN', judged: 'FAIL' },
      given: [
        { verdict: 'WARN', reason: 'on second thoughts', given_by: 'token:scientist' },
        { verdict: 'PASS', reason: 'the star is faint' },
      ],
    });
    expect(await verdictsOf(runId)).toEqual(['WARN']);
    const audit = await queryRows(
      api.db.dataSource.manager,
      sql`SELECT action, before ->> 'verdict' AS was, after ->> 'verdict' AS is FROM audit_log WHERE target = ${`run:${runId}`} ORDER BY id`,
    );
    expect(audit).toEqual([
      { action: 'run.verdict', was: 'FAIL', is: 'PASS' },
      { action: 'run.verdict', was: 'PASS', is: 'WARN' },
    ]);
  });

  it('is said of completed runs, by those who may, with a reason', async () => {
    const { runId } = await aRun(api.db.dataSource.manager, { status: 'RUNNING' });
    const say = (id: number, body: object, role: 'scientist' | 'viewer' = 'scientist') =>
      api.as(role).post(`/runs/${id}/verdicts`, body);
    const fine = { verdict: 'PASS', reason: 'x' };
    expect((await say(runId, fine)).body.code).toBe('run.not_complete');
    expect((await say(0, fine)).body.code).toBe('run.not_found');
    expect((await say(runId, fine, 'viewer')).status).toBe(403);
    expect((await say(runId, { verdict: 'PASS' })).status).toBe(422);
    expect((await say(runId, { verdict: 'GOOD', reason: 'x' })).status).toBe(422);
  });

  it('selects products', async () => {
    const [good, bad] = [await judged('PASS'), await judged('NEEDS_REVIEW')];
    const { items } = (await api.as('viewer').get('/products?verdict=NEEDS_REVIEW')).body;
    const runs = (items as { run_id: number }[]).map((one) => one.run_id);
    expect([runs.includes(bad), runs.includes(good)]).toEqual([true, false]);
  });
});
