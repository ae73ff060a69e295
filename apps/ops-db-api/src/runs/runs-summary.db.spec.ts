import { foldRunTallies } from '@meridian/ops-db';
import { aPipeline, aRun, aStep, type BuiltStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('runs counted over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const survey = await aPipeline(manager, { name: 'survey' });
    const step = (name: string, position: number): Promise<BuiltStep> =>
      aStep(manager, { pipeline: survey, name, position });
    const mosaic = await step('mosaic', 1);
    const extract = await step('extract', 0);
    const other = await aStep(manager, {
      pipeline: await aPipeline(manager, { name: 'deep' }),
      name: 'extract',
    });
    for (const status of ['COMPLETED', 'COMPLETED', 'FAILED'] as const)
      await aRun(manager, { step: extract, status });
    await foldRunTallies(manager);
    await aRun(manager, { step: extract, status: 'RUNNING' });
    await aRun(manager, { step: mosaic });
    await aRun(manager, { step: other, status: 'FAILED' });
  });
  afterAll(() => api.close());

  const get = (query = '') => api.as('viewer').get(`/runs/summary${query}`);
  const DEEP = { pipeline: 'deep', step: 'extract', statuses: { FAILED: 1 } };
  const EXTRACT = {
    pipeline: 'survey',
    step: 'extract',
    statuses: { COMPLETED: 2, FAILED: 1, RUNNING: 1 },
  };
  const MOSAIC = { pipeline: 'survey', step: 'mosaic', statuses: { PENDING: 1 } };

  it.each([
    ['', [DEEP, EXTRACT, MOSAIC]],
    ['?pipeline=survey', [EXTRACT, MOSAIC]],
    ['?step=extract', [DEEP, EXTRACT]],
    ['?pipeline=survey&step=mosaic', [MOSAIC]],
    ['?status=FAILED', [DEEP, { ...EXTRACT, statuses: { FAILED: 1 } }]],
    ['?pipeline=none', []],
    ['?status=CANCELLED', []],
  ])('with %j are those of each step, in the order of steps', async (query, counts) => {
    const { status, body } = await get(query);
    expect([status, body]).toEqual([200, counts]);
  });

  it.each([
    ['status=DONE', '/status'],
    ['colour=red', '/colour'],
    ['dim.n=1', '/dim.n'],
    ['pipeline=', '/pipeline'],
  ])('refuse the query %s', async (query, path) => {
    const { status, type, body } = await get(`?${query}`);
    expect([status, type, body.problems[0].path]).toEqual([422, 'application/problem+json', path]);
  });
});
