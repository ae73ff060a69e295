import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import {
  aPipeline,
  aRawFile,
  aStep,
  aSubGroup,
  type BuiltPipeline,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('pipelines and gaps over HTTP', () => {
  let api: TestApi;
  let pipeline: BuiltPipeline;
  let extract: BuiltStep;
  let map: BuiltStep;
  let groups: { m17: number; m18: number; map: number };
  beforeEach(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    pipeline = await aPipeline(manager, { name: 'survey', trigger: 'MANUAL' });
    extract = await aStep(manager, { pipeline, name: 'extract' });
    map = await aStep(manager, { pipeline, name: 'map', dependsOn: [extract] });
    groups = {
      m17: await aSubGroup(manager, { step: extract, dims: { source: 'M17' }, state: 'current' }),
      m18: await aSubGroup(manager, { step: extract, dims: { source: 'M18' }, state: 'missing' }),
      map: await aSubGroup(manager, { step: map, dims: {}, state: 'blocked' }),
    };
  });
  afterEach(() => api.close());

  const subGroup = async (id: number) =>
    queryRow<{ forced_by: string | null; waived_by: string | null; waived_reason: string | null }>(
      api.db.dataSource.manager,
      sql`SELECT forced_by, waived_by, waived_reason FROM sub_group WHERE id = ${id}`,
    );
  /** Sub-groups that wait for their evaluation; asked for once. */
  const touched = async (): Promise<number[]> =>
    (
      await queryRows<{ id: number }>(
        api.db.dataSource.manager,
        sql`WITH taken AS (DELETE FROM sub_group_change RETURNING sub_group_id) SELECT DISTINCT sub_group_id AS id FROM taken ORDER BY 1`,
      )
    ).map((row) => row.id);

  it('says how many sub-groups were found to be other than the archive says, and when that was looked at last', async () => {
    const shown = async () => {
      const { items } = (await api.as('viewer').get('/pipelines')).body;
      const { steps } = (await api.as('viewer').get('/pipelines/survey')).body;
      return [...items, ...steps].map(({ drift_count, reconciled_at }) => [drift_count, reconciled_at]);
    };
    expect(await shown()).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    const [early, late] = ['2026-05-01T00:00:00.000Z', '2026-05-01T01:00:00.000Z'];
    const { manager } = api.db.dataSource;
    const evaluated = async ({ stepId }: BuiltStep, drift: number, at: string) => {
      await queryRows(
        manager,
        sql`INSERT INTO step_evaluation (step_id, snapshot, membership_hash, judgement_hash, evaluated_at, rebuilt_at, reconciled_at)
            VALUES (${stepId}, pg_current_snapshot(), '', '', now(), now(), ${at})`,
      );
      await queryRows(
        manager,
        sql`INSERT INTO evaluation_drift (step_id, sub_groups, found_at)
            VALUES (${stepId}, ${drift}, now()), (${stepId}, 100, now() - interval '31 days')`,
      );
    };
    await evaluated(extract, 2, late);
    expect(await shown()).toEqual([
      [2, null],
      [2, late],
      [0, null],
    ]);
    await evaluated(map, 1, early);
    expect(await shown()).toEqual([
      [3, early],
      [2, late],
      [1, early],
    ]);
  });

  it('a pipeline is found by name and by id, with its sub-groups counted by state', async () => {
    const byName = await api.as('viewer').get('/pipelines/survey');
    expect(byName.body).toMatchObject({
      name: 'survey',
      step_count: 2,
      sub_groups: { current: 1, missing: 1, blocked: 1 },
    });
    expect(
      byName.body.steps.map((one: { name: string; sub_groups: object }) => [one.name, one.sub_groups]),
    ).toEqual([
      ['extract', { current: 1, missing: 1 }],
      ['map', { blocked: 1 }],
    ]);
    expect((await api.as('viewer').get(`/pipelines/${pipeline.pipelineId}`)).body).toEqual(byName.body);
    expect(
      (await api.as('viewer').get('/pipelines')).body.items.map((one: { name: string }) => one.name),
    ).toEqual(['survey']);
    expect((await api.as('viewer').get('/pipelines/surveys')).body.code).toBe('pipeline.not_found');
  });

  it('pausing names who and why, raises the revision, and a stale If-Match is refused', async () => {
    const paused = await api
      .as('operator')
      .post('/pipelines/survey/pause', { reason: 'disk full' }, { 'If-Match': '"1"' });
    expect(paused.body).toMatchObject({
      paused_by: 'token:operator',
      pause_reason: 'disk full',
      revision: 2,
    });

    const late = await api.as('operator').post('/pipelines/survey/resume', {}, { 'If-Match': '"1"' });
    expect([late.status, late.body.code]).toEqual([412, 'request.precondition_failed']);

    const resumed = await api.as('operator').post('/pipelines/survey/resume');
    expect(resumed.body).toMatchObject({ paused_at: null, paused_by: null, pause_reason: null, revision: 3 });
    expect((await api.as('scientist').post('/pipelines/survey/pause')).status).toBe(403);
  });

  it('a trigger request is stored and touches no sub-group', async () => {
    const answer = await api
      .as('scientist')
      .post('/pipelines/survey/trigger', { selection: { source: 'M17' }, steps: ['extract'] });

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      pipeline: 'survey',
      selection: { source: 'M17' },
      steps: ['extract'],
      force: false,
      overrides: {},
      requested_by: 'token:scientist',
      closed_at: null,
    });
    expect((await api.as('viewer').get(`/trigger-requests/${answer.body.id}`)).body).toEqual(answer.body);
    expect(await touched()).toEqual([]);
    expect(await subGroup(groups.m17)).toMatchObject({ forced_by: null });
  });

  it('force marks exactly what is selected and takes its waiver back', async () => {
    await api.as('scientist').post(`/sub-groups/${groups.m17}/waiver`, { reason: 'clouds' });
    expect(await subGroup(groups.m17)).toEqual({
      forced_by: null,
      waived_by: 'token:scientist',
      waived_reason: 'clouds',
    });

    await touched();
    await api.as('operator').post('/pipelines/survey/trigger', { selection: { source: 'M17' }, force: true });

    expect(await touched()).toEqual([groups.m17]);

    expect(await subGroup(groups.m17)).toEqual({
      forced_by: 'token:operator',
      waived_by: null,
      waived_reason: null,
    });
    expect(await subGroup(groups.m18)).toMatchObject({ forced_by: null });
    expect(await subGroup(groups.map)).toMatchObject({ forced_by: null });
  });

  it('a trigger with unknown steps, values that are no dimensions, or of a disabled pipeline changes nothing', async () => {
    const bad = await api
      .as('scientist')
      .post('/pipelines/survey/trigger', { steps: ['extrakt'], force: true });
    expect(bad.body.problems).toEqual([
      {
        code: 'pipeline.unknown_step',
        path: '/steps/0',
        message: 'there is no step "extrakt" (did you mean "extract"?)',
      },
    ]);
    expect(
      (await api.as('scientist').post('/pipelines/survey/trigger', { selection: { source: ['M17'] } }))
        .status,
    ).toBe(422);
    await api.as('operator').post('/pipelines/survey/disable');
    expect((await api.as('scientist').post('/pipelines/survey/trigger', { force: true })).body.code).toBe(
      'pipeline.disabled',
    );

    expect(await subGroup(groups.m17)).toMatchObject({ forced_by: null });
    expect(await queryRows(api.db.dataSource.manager, sql`SELECT id FROM trigger_request`)).toEqual([]);
  });

  it('gaps are what is not current, explained; one state can be asked for', async () => {
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE sub_group SET detail = ${JSON.stringify({ blocked_by: [{ step: 'extract', state: 'missing', count: 1 }] })} WHERE id = ${groups.map}`,
    );
    const gaps = async (query: string): Promise<unknown[]> =>
      (await api.as('viewer').get(`/gaps?${query}`)).body.items.map(
        (one: { step: string; explanation: string }) => `${one.step}: ${one.explanation}`,
      );

    expect(await gaps('pipeline=survey')).toEqual([
      'extract: never processed; a run is due',
      'map: waits for extract: 1 missing',
    ]);
    expect(await gaps('state=current')).toEqual(['extract: its result is up to date']);
    expect(await gaps('dim.source=M18')).toEqual(['extract: never processed; a run is due']);
    expect(await gaps('step=map&dim.source=M18')).toEqual([]);
    expect((await api.as('viewer').get('/gaps/summary?pipeline=survey')).body).toEqual([
      { pipeline: 'survey', step: 'extract', states: { current: 1, missing: 1 } },
      { pipeline: 'survey', step: 'map', states: { blocked: 1 } },
    ]);
    expect((await api.as('viewer').get('/gaps?state=lost')).status).toBe(422);
  });

  it('a waiver can be taken back, and each change of it is evaluated', async () => {
    await api.as('scientist').post(`/sub-groups/${groups.m18}/waiver`, { reason: 'clouds' });
    expect(await touched()).toEqual([groups.m18]);
    expect((await api.as('scientist').delete(`/sub-groups/${groups.m18}/waiver`)).status).toBe(204);

    expect(await subGroup(groups.m18)).toEqual({ forced_by: null, waived_by: null, waived_reason: null });
    expect(await touched()).toEqual([groups.m18]);
    expect((await api.as('scientist').post('/sub-groups/999/waiver', { reason: 'x' })).body.code).toBe(
      'sub_group.not_found',
    );
  });

  it('a grouping is previewed, created, changed by revision, and refused when it is wrong', async () => {
    const { manager } = api.db.dataSource;
    const [, newest] = [
      await aRawFile(manager, { dims: { source: 'M17' } }),
      await aRawFile(manager, { dims: { source: 'M17' } }),
    ];
    await aRawFile(manager, { dims: { source: 'M18' } });
    const filter = [{ dim: 'source', operator: 'eq', value: 'M17' }];

    const preview = await api.as('viewer').post('/groupings/preview', { filter, sample: 1 });
    expect(preview.body).toMatchObject({
      count: 2,
      size_bytes: 200,
      sample: [{ id: newest, dims: { source: 'M17' } }],
    });

    const created = await api.as('scientist').post('/groupings', { name: 'm17', filter });
    expect([created.status, created.body.revision, created.body.filter]).toEqual([201, 1, filter]);
    expect((await api.as('scientist').post('/groupings', { name: 'm17', filter })).body.code).toBe(
      'grouping.already_exists',
    );
    const changed = await api
      .as('scientist')
      .put('/groupings/m17', { filter: [], description: 'all' }, { 'If-Match': '"1"' });
    expect(changed.body).toMatchObject({ revision: 2, filter: [], description: 'all' });
    expect((await api.as('scientist').put('/groupings/m17', { filter }, { 'If-Match': '"1"' })).status).toBe(
      412,
    );
    expect((await api.as('viewer').get('/groupings/m17')).headers['etag']).toBe('"2"');

    const wrong = await api
      .as('viewer')
      .post('/groupings/validate', { filter: [{ dim: 'source', operator: 'equals', value: 1 }] });
    expect([wrong.status, wrong.body.problems[0].path]).toEqual([422, '/0/operator']);
    expect((await api.as('viewer').post('/groupings/validate', { filter })).body).toEqual({ valid: true });
  });

  it('a software version is registered once', async () => {
    const version = {
      name: 'phot',
      version: '1.0.0',
      image: `docker://x/phot@sha256:${'e'.repeat(64)}`,
      command: ['phot'],
    };

    const created = await api.as('scientist').post('/software', version);
    expect([created.status, created.body.digest]).toEqual([201, `sha256:${'e'.repeat(64)}`]);
    expect((await api.as('scientist').post('/software', version)).body.code).toBe(
      'software.already_registered',
    );
    expect((await api.as('scientist').post('/software', { ...version, command: ['other'] })).body.code).toBe(
      'software.version_immutable',
    );
    expect((await api.as('viewer').get('/software/phot')).body.versions).toEqual(['1.0.0']);
    expect((await api.as('viewer').get('/software/phot/versions/2.0.0')).body.code).toBe(
      'software.not_found',
    );
  });
});
