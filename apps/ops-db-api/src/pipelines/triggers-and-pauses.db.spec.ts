import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import {
  aPipeline,
  aPool,
  aRun,
  aSoftwareVersion,
  aStep,
  aSubGroup,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const SCHEMA = {
  type: 'object',
  properties: {
    aperture: { type: 'number', default: 3, minimum: 1 },
    fit: {
      type: 'object',
      properties: { order: { type: 'integer', default: 1, maximum: 5 }, sigma: { type: 'number' } },
    },
    workers: { type: 'integer', default: 2, 'x-role': 'runtime' },
  },
};

describe('triggers and pauses over HTTP', () => {
  let api: TestApi;
  let extract: BuiltStep;
  beforeEach(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, { name: 'survey', trigger: 'MANUAL' });
    const software = await aSoftwareVersion(manager, { configSchema: SCHEMA });
    extract = await aStep(manager, { pipeline, name: 'extract', software, parameters: { aperture: 4 } });
    await aStep(manager, { pipeline, name: 'map', dependsOn: [extract] });
  });
  afterEach(() => api.close());

  const audited = async (): Promise<string[]> =>
    (
      await queryRows<{ entry: string }>(
        api.db.dataSource.manager,
        sql`SELECT action || ' ' || target || ' by ' || actor AS entry FROM audit_log ORDER BY id`,
      )
    ).map((row) => row.entry);
  const shownStep = async (name: string): Promise<object> =>
    (await api.as('viewer').get('/pipelines/survey')).body.steps.find(
      (one: { name: string }) => one.name === name,
    );

  describe('overrides', () => {
    const trigger = (body: object) => api.as('scientist').post('/pipelines/survey/trigger', body);

    it('are stored with the request, and shown', async () => {
      const overrides = { extract: { aperture: 5, fit: { order: 2 } } };
      const answer = await trigger({ overrides, steps: ['extract'] });
      expect([answer.status, answer.body.overrides]).toEqual([202, overrides]);
      expect((await api.as('viewer').get(`/trigger-requests/${answer.body.id}`)).body.overrides).toEqual(
        overrides,
      );
      expect(await queryRow(api.db.dataSource.manager, sql`SELECT overrides FROM trigger_request`)).toEqual({
        overrides,
      });
    });

    it.each<[string, object, string]>([
      [
        'of a step that is not there',
        { overrides: { extrakt: { aperture: 5 } } },
        'pipeline.unknown_step /overrides/extrakt: there is no step "extrakt" (did you mean "extract"?)',
      ],
      [
        'of a step that is not asked for',
        { overrides: { extract: { aperture: 5 } }, steps: ['map'] },
        'pipeline.override_not_asked /overrides/extract: step "extract" is not among the steps asked for',
      ],
      [
        'that are no parameters',
        { overrides: { extract: 5 } },
        'field.invalid /overrides/extract: must be an object of parameters and their values',
      ],
      [
        'that the software does not have',
        { overrides: { extract: { apertur: 5 } } },
        'config.unknown_parameter /overrides/extract/apertur: the software has no parameter "apertur" (did you mean "aperture"?)',
      ],
      [
        'that its schema refuses, together with the parameters that stay',
        { overrides: { extract: { fit: { order: 9 } } } },
        'config.invalid /overrides/extract/fit/order: must be <= 5',
      ],
      [
        'that PostgreSQL cannot store',
        { overrides: { extract: { aperture: 'a\u0000' } } },
        'field.invalid /overrides/extract: must not contain NUL characters',
      ],
    ])('%s are refused, and nothing is stored', async (_, body, problem) => {
      const answer = await trigger(body);
      expect(answer.status).toBe(422);
      expect(
        answer.body.problems.map(
          (one: { code: string; path: string; message: string }) => `${one.code} ${one.path}: ${one.message}`,
        ),
      ).toEqual([problem]);
      expect(await queryRows(api.db.dataSource.manager, sql`SELECT id FROM trigger_request`)).toEqual([]);
    });

    it('that a CONTINUOUS pipeline would undo at once are refused; how its jobs run may be overridden', async () => {
      await queryRows(api.db.dataSource.manager, sql`UPDATE pipeline SET trigger_type = 'CONTINUOUS'`);
      const undone = await trigger({ overrides: { extract: { aperture: 5 } } });
      expect([undone.status, undone.body.problems]).toMatchObject([
        422,
        [{ code: 'pipeline.override_undone', path: '/overrides/extract' }],
      ]);
      expect((await trigger({ overrides: { extract: { workers: 8 } } })).status).toBe(202);
      expect((await trigger({ overrides: { extract: { aperture: 4 } } })).status).toBe(202);
    });
  });

  describe('a step', () => {
    it('is paused and resumed by an operator, who is named with the reason and audited', async () => {
      const paused = await api
        .as('operator')
        .post('/pipelines/survey/steps/extract/pause', { reason: 'bad flats' });
      expect(paused.status).toBe(200);
      expect(await shownStep('extract')).toMatchObject({
        paused_by: 'token:operator',
        pause_reason: 'bad flats',
      });
      expect(await shownStep('map')).toMatchObject({ paused_at: null, paused_by: null, pause_reason: null });

      await api.as('operator').post('/pipelines/survey/steps/extract/resume');
      await api.as('operator').post('/pipelines/survey/steps/extract/resume');
      expect(await shownStep('extract')).toMatchObject({
        paused_at: null,
        paused_by: null,
        pause_reason: null,
      });
      expect(await audited()).toEqual([
        'step.pause step:survey/extract by token:operator',
        'step.resume step:survey/extract by token:operator',
      ]);
    });

    it('that is not there, or a caller who may not, changes nothing', async () => {
      const missing = await api.as('operator').post('/pipelines/survey/steps/extrakt/pause');
      expect([missing.status, missing.body.code]).toEqual([404, 'step.not_found']);
      expect((await api.as('operator').post('/pipelines/other/steps/extract/pause')).body.code).toBe(
        'pipeline.not_found',
      );
      expect((await api.as('scientist').post('/pipelines/survey/steps/extract/pause')).status).toBe(403);
      expect(await audited()).toEqual([]);
    });
  });

  describe('a pool', () => {
    it('shows its slots, who uses them and who waits, and is paused and resumed', async () => {
      const { manager } = api.db.dataSource;
      const pool = await aPool(manager, 4, 'gpu');
      await queryRows(manager, sql`UPDATE reduction_step SET pool = ${pool} WHERE id = ${extract.stepId}`);
      await aRun(manager, { step: extract, status: 'RUNNING' });
      await aRun(manager, { step: extract });
      await aRun(manager, { step: extract, status: 'COMPLETED' });

      const free = {
        name: 'gpu',
        slots: 4,
        in_use: 1,
        pending: 1,
        steps: ['survey/extract'],
        paused_by: null,
      };
      expect((await api.as('viewer').get('/pools')).body.items).toMatchObject([free]);
      const paused = await api.as('operator').post('/pools/gpu/pause', { reason: 'new drivers' });
      expect(paused.body).toMatchObject({
        ...free,
        paused_by: 'token:operator',
        pause_reason: 'new drivers',
      });
      expect((await api.as('viewer').get('/pools/gpu')).body).toEqual(paused.body);

      expect((await api.as('operator').post('/pools/gpu/resume')).body).toMatchObject({
        ...free,
        paused_at: null,
      });
      await api.as('operator').post('/pools/gpu/resume');
      expect(await audited()).toEqual([
        'pool.pause pool:gpu by token:operator',
        'pool.resume pool:gpu by token:operator',
      ]);
      expect((await api.as('operator').post('/pools/cpu/pause')).body.code).toBe('pool.not_found');
      expect((await api.as('scientist').post('/pools/gpu/pause')).status).toBe(403);
    });
  });

  describe('closing a grouping', () => {
    const close = (body: object, role: 'service' | 'viewer' = 'service') =>
      api.as(role).post('/groupings/survey-data/close', body);
    beforeEach(async () => {
      const { manager } = api.db.dataSource;
      await queryRows(
        manager,
        sql`UPDATE data_grouping SET name = 'survey-data' WHERE id = ${extract.groupingId}`,
      );
      for (const source of ['M17', 'M18'])
        await aSubGroup(manager, { step: extract, dims: { source }, state: 'incomplete' });
      await aSubGroup(manager, { step: await aStep(manager), dims: { source: 'M17' }, state: 'incomplete' });
    });
    it('is kept, audited, and says how many sub-groups it selects now', async () => {
      const answer = await close({ selection: { source: 'M17' }, reason: 'the night is over' });
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          id: expect.any(Number) as number,
          grouping: 'survey-data',
          selection: { source: 'M17' },
          reason: 'the night is over',
          closed_by: 'token:service',
          closed_at: expect.any(String) as string,
          sub_groups: 1,
        },
      ]);
      expect(
        await queryRows(
          api.db.dataSource.manager,
          sql`SELECT data_grouping_id, selection, closed_by, reason FROM grouping_close`,
        ),
      ).toEqual([
        {
          data_grouping_id: extract.groupingId,
          selection: { source: 'M17' },
          closed_by: 'token:service',
          reason: 'the night is over',
        },
      ]);
      expect(await audited()).toEqual(['grouping.close grouping:survey-data by token:service']);
    });

    it('without a selection is for all of it; retired steps are left alone', async () => {
      expect((await close({ reason: 'season over' })).body.sub_groups).toBe(2);
      await queryRows(
        api.db.dataSource.manager,
        sql`UPDATE reduction_step SET retired_at = now() WHERE id = ${extract.stepId}`,
      );
      expect((await close({ reason: 'season over' })).body.sub_groups).toBe(0);
    });

    it('needs a reason, a grouping that is there, values of dimensions, and somebody who may', async () => {
      expect((await close({})).status).toBe(422);
      expect((await close({ reason: 'x', selection: { source: ['M17'] } })).status).toBe(422);
      expect((await close({ reason: 'x' }, 'viewer')).status).toBe(403);
      expect((await api.as('service').post('/groupings/other/close', { reason: 'x' })).body.code).toBe(
        'grouping.not_found',
      );
      const closes = await queryRows(api.db.dataSource.manager, sql`SELECT id FROM grouping_close`);
      expect([closes, await audited()]).toEqual([[], []]);
    });
  });
});
