import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';
import { file, step, wholeDatabase } from './testing/survey-file.js';

describe('definitions of when steps run', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await openTestApi();
  });
  afterEach(() => api.close());

  const CRON = { cron: '0 6 * * *', timezone: 'America/Santiago' };
  const WAITING = {
    expect: { slots: { dim: 'subband', values: ['sb00', 'sb01'] }, minimum: 1 },
    max_wait_seconds: 3600,
    pool: 'gpu',
  };
  const document = (more: { trigger?: unknown; step?: object; slots?: number } = {}): object => ({
    ...file({
      pipeline: { trigger: more.trigger ?? CRON },
      steps: [step('extract', { ...WAITING, ...more.step })],
    }),
    pools: [{ name: 'gpu', slots: more.slots ?? 4 }],
  });
  const apply = (body: object) => api.as('scientist').post('/definitions/apply', body);
  const changesOf = (body: { kind: string; name: string; change: string; fields: string[] }[]): string[] =>
    body
      .filter((one) => one.change !== 'unchanged')
      .map((one) => [one.kind, one.name, one.change, ...one.fields].join(' '));
  const cron = () =>
    queryRow<{ type: string; config: object | null; due: string | null }>(
      api.db.dataSource.manager,
      sql`SELECT trigger_type AS type, trigger_config AS config, cron_due_at::text AS due FROM pipeline`,
    );

  it('are stored, shown, and applying them again touches no row', async () => {
    expect((await apply(document())).status).toBe(200);
    const shown = (await api.as('viewer').get('/pipelines/survey')).body;
    expect(shown).toMatchObject({
      trigger: 'CRON',
      trigger_config: { expression: '0 6 * * *', timezone: 'America/Santiago' },
    });
    expect(shown.steps[0]).toMatchObject({ ...WAITING, associations: [], paused_at: null });

    const before = await wholeDatabase(api);
    expect(changesOf((await apply(document())).body)).toEqual([]);
    expect(await wholeDatabase(api)).toEqual(before);
  });

  it('change nothing of the recipe, and diff names what differs', async () => {
    await apply(document());
    const changed = document({
      step: { expect: { count: 2 }, max_wait_seconds: null, pool: null },
      slots: 2,
      trigger: 'MANUAL',
    });
    const diff = await api.as('viewer').post('/definitions/diff', changed);
    expect(changesOf(diff.body)).toEqual([
      'pool gpu updated slots',
      'pipeline survey updated trigger steps',
      'step survey/extract updated expect max_wait_seconds pool',
    ]);
    expect((await apply(changed)).body).toEqual(diff.body);
    expect(await cron()).toEqual({ type: 'MANUAL', config: null, due: null });
  });

  it('a calibration is part of the recipe, and taking it away brings back the recipe of before', async () => {
    const recipe = async (): Promise<unknown> =>
      (await api.as('viewer').get('/pipelines/survey')).body.steps[0].recipe_hash;
    await apply(document());
    const before = await recipe();
    const associations = [
      {
        name: 'dark',
        select: [{ dim: 'kind', operator: 'eq', value: 'dark' }],
        policy: 'nearest',
        max_offset: '1 d',
      },
    ];
    expect(changesOf((await apply(document({ step: { associations } }))).body)).toEqual([
      'pipeline survey updated steps',
      'step survey/extract updated associations recipe_hash',
    ]);
    expect((await api.as('viewer').get('/pipelines/survey')).body.steps[0].associations).toEqual(
      associations,
    );
    expect(changesOf((await apply(document({ step: { associations } }))).body)).toEqual([]);
    await apply(document());
    expect(await recipe()).toBe(before);
  });

  it('a schedule begins when it is new, and goes on when something else changes', async () => {
    await apply(document());
    await queryRows(api.db.dataSource.manager, sql`UPDATE pipeline SET cron_due_at = '2026-01-01T09:00:00Z'`);
    const begun = await cron();

    await apply(document({ step: { max_wait_seconds: 5 } }));
    await apply({ ...document(), pools: [{ name: 'gpu', slots: 9 }] });
    expect(await cron()).toEqual(begun);

    await apply(document({ trigger: { ...CRON, timezone: 'UTC' } }));
    const { due, config } = (await cron()) ?? {};
    expect(config).toEqual({ expression: '0 6 * * *', timezone: 'UTC' });
    expect(Date.parse(due ?? '')).toBeGreaterThan(Date.parse('2026-01-02T00:00:00Z'));
  });

  it('a pause of a step and of a pool outlives a changed definition', async () => {
    await apply(document());
    await api.as('operator').post('/pipelines/survey/steps/extract/pause', { reason: 'flats' });
    await api.as('operator').post('/pools/gpu/pause', { reason: 'drivers' });
    await apply(document({ slots: 8, step: { max_wait_seconds: 5 } }));
    expect((await api.as('viewer').get('/pools/gpu')).body).toMatchObject({
      slots: 8,
      pause_reason: 'drivers',
    });
    expect((await api.as('viewer').get('/pipelines/survey')).body.steps[0]).toMatchObject({
      max_wait_seconds: 5,
      pause_reason: 'flats',
    });
  });

  it('groupings of every kind are stored as they were written', async () => {
    const groupBy = { by: ['source'], window: { size: 10, step: 5 } };
    await apply(document({ step: { group_by: groupBy } }));
    expect((await api.as('viewer').get('/pipelines/survey')).body.steps[0].group_by).toEqual(groupBy);
    expect(changesOf((await apply(document({ step: { group_by: groupBy } }))).body)).toEqual([]);
    const wrong = await apply(document({ step: { group_by: { window: { size: 0 } } } }));
    expect([wrong.status, wrong.body.problems[0].path]).toEqual([
      422,
      '/pipelines/0/steps/0/group_by/window/size',
    ]);
  });
});
