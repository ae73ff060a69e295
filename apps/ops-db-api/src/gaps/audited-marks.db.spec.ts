import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { aPipeline, aStep, aSubGroup } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('a sub-group that somebody waives or forces', () => {
  let api: TestApi;
  let marked: number;
  beforeEach(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, { name: 'survey', trigger: 'MANUAL' });
    const step = await aStep(manager, { pipeline, name: 'extract' });
    marked = await aSubGroup(manager, { step, dims: { source: 'M17' }, state: 'missing' });
    await aSubGroup(manager, { step, dims: { source: 'M18' }, state: 'current' });
  });
  afterEach(() => api.close());

  const audited = () =>
    queryRows<object>(
      api.db.dataSource.manager,
      sql`SELECT actor, action, target, after FROM audit_log ORDER BY id`,
    );

  it('has that in the audit log: who, which one, and why', async () => {
    await api.as('scientist').post(`/sub-groups/${marked}/waiver`, { reason: 'clouds' });
    await api.as('scientist').delete(`/sub-groups/${marked}/waiver`);
    const request = { selection: { source: 'M17' }, force: true };
    const { body } = await api.as('operator').post('/pipelines/survey/trigger', request);

    const target = `sub_group:${marked}`;
    expect(await audited()).toEqual([
      {
        actor: 'token:scientist',
        action: 'sub_group.waive',
        target,
        after: { by: 'token:scientist', reason: 'clouds' },
      },
      { actor: 'token:scientist', action: 'sub_group.unwaive', target, after: null },
      {
        actor: 'token:operator',
        action: 'pipeline.trigger',
        target: 'pipeline:survey',
        after: { ...request, trigger_request: body.id, steps: null, overrides: {}, forced_sub_groups: 1 },
      },
    ]);
  });

  it('has nothing there when it is not there, no reason is given, or the caller may not', async () => {
    const answers = [
      await api.as('scientist').post('/sub-groups/999999/waiver', { reason: 'clouds' }),
      await api.as('scientist').post(`/sub-groups/${marked}/waiver`, {}),
      await api.as('viewer').post(`/sub-groups/${marked}/waiver`, { reason: 'clouds' }),
      await api.as('viewer').post('/pipelines/survey/trigger', { force: true }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 422, 403, 403]);
    expect(await audited()).toEqual([]);
  });
});
