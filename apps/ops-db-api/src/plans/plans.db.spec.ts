import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aRawFile, dumpDatabase } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const step = (more: object = {}) => ({ name: 'reduce', software: 'reduce', group_by: ['night'], ...more });
const definitions = (steps: readonly object[]) => ({
  software: [
    {
      name: 'reduce',
      version: '1.0.0',
      host_directory: '/opt/reduce',
      digest: `sha256:${'a'.repeat(64)}`,
      command: ['reduce'],
    },
  ],
  locations: [{ name: 'site', kind: 'PROCESSING', base_path: '/data', backend: 'fake', runtime: 'host' }],
  groupings: [{ name: 'all', filter: [{ dim: 'night', operator: 'gt', value: 0 }] }],
  pipelines: [{ name: 'main', grouping: 'all', location: 'site', steps }],
});

describe('plans over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    const applied = await api.as('scientist').post('/definitions/apply', definitions([step()]));
    expect(applied.status).toBe(200);
    for (const night of [1, 1, 2])
      await aRawFile(api.db.dataSource.manager, { dims: { night, band: 'K' }, sizeBytes: 1000 });
    await api.as('viewer').get('/health');
  });
  afterAll(() => api.close());

  const WITHOUT_HISTORY = { history_runs: 0, run_seconds: null, core_hours: null, finish_seconds: null };

  it('the pipeline as it is', async () => {
    const answer = await api.as('viewer').get('/pipelines/main/plan');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      pipeline: 'main',
      trigger: 'CONTINUOUS',
      changes: [],
      runs: { now: 2, later: 0, follows: 0 },
      input_bytes: 3000,
      core_hours: null,
      finish_seconds: null,
      steps_without_history: ['reduce'],
    });
    expect(answer.body.steps).toMatchObject([
      {
        step: 'reduce',
        retired: false,
        before: {},
        after: { missing: 2 },
        new_sub_groups: 2,
        gone_sub_groups: 0,
        input_bytes: 3000,
        ...WITHOUT_HISTORY,
        sample: [
          { dims: { night: 1 }, before: null, after: 'missing', run: 'now', member_count: 2, causes: [] },
          {
            dims: { night: 2 },
            before: null,
            after: 'missing',
            run: 'now',
            explanation: 'never processed; a run is due',
          },
        ],
      },
    ]);
  });

  it('with a proposal, and what that changes; the database stays as it was', async () => {
    const before = await dumpDatabase(api.db.dataSource.manager);
    const proposal = definitions([step({ group_by: [] }), step({ name: 'report', depends_on: ['reduce'] })]);
    const answer = await api.as('viewer').post('/pipelines/main/plan?sample=1', { proposal });
    expect(answer.status).toBe(200);
    expect(answer.body.changes).toMatchObject([
      { kind: 'pipeline', change: 'updated' },
      { kind: 'step', name: 'main/reduce', change: 'updated', fields: expect.arrayContaining(['group_by']) },
      { kind: 'step', name: 'main/report', change: 'created' },
    ]);
    expect(answer.body.steps).toMatchObject([
      { step: 'reduce', after: { missing: 1 }, runs: { now: 1 }, sample: [{ dims: {}, member_count: 3 }] },
      { step: 'report' },
    ]);
    const after = await dumpDatabase(api.db.dataSource.manager);
    const used = (dump: typeof before) => new Map([...dump].filter(([name]) => name !== 'public.api_token'));
    expect(used(after)).toEqual(used(before));
  });

  it('costs are told from what the step took before, in the width of its limits', async () => {
    const { manager } = api.db.dataSource;
    const row = await queryRow<{ id: number }>(
      manager,
      sql`SELECT id FROM reduction_step WHERE name = 'reduce'`,
    );
    const version = sql`SELECT id FROM reduction_software_version`;
    const ids = await queryRows<{ id: number }>(
      manager,
      sql`
      WITH groups AS (
        INSERT INTO sub_group (step_id, key, dims, state) SELECT ${row?.id}, 'old' || n, jsonb_build_object('night', -n), 'current'
        FROM generate_series(1, 11) n RETURNING id
      ), inputs AS (INSERT INTO input_set (fingerprint, member_count, size_bytes) VALUES ('f', 1, 1) RETURNING id)
      INSERT INTO run (pipeline_id, step_id, sub_group_id, location_id, software_version_id, input_set_id, status, input_fingerprint, recipe_hash,
        software_hash, config_hash, config, attempt, cpus, memory_mb, walltime_minutes, finished_at)
      SELECT step.pipeline_id, step.id, groups.id, pipeline.processing_location_id, (${version}), inputs.id, 'COMPLETED', 'f', step.recipe_hash,
        'x', 'x', '{}', 1, 4, 1, 1, now() FROM groups, inputs, reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id
      WHERE step.id = ${row?.id} RETURNING id`,
    );
    await queryRows(
      manager,
      sql`INSERT INTO attempt (run_id, number, token, directory, cpus, memory_mb, walltime_minutes, elapsed_seconds)
          SELECT id, 1, 't' || id, 'd', 4, 1, 1, 600 * place FROM unnest(${ids.map(({ id }) => id)}::bigint[]) WITH ORDINALITY AS run(id, place)`,
    );
    const proposal = definitions([step({ max_active_runs: 1 })]);
    const answer = await api.as('viewer').post('/pipelines/main/plan', { proposal });
    expect(answer.body).toMatchObject({
      steps_without_history: [],
      finish_seconds: { p10: 2400, p50: 7200, p90: 12_000 },
      core_hours: { p10: (2 * 1200 * 4) / 3600, p50: 8, p90: (2 * 6000 * 4) / 3600 },
    });
    expect(answer.body.steps[0]).toMatchObject({
      history_runs: 11,
      run_seconds: { p10: 1200, p50: 3600, p90: 6000 },
    });
    const atOnce = await api.as('viewer').get('/pipelines/main/plan');
    expect(atOnce.body.finish_seconds).toEqual({ p10: 1200, p50: 3600, p90: 6000 });
  });

  it.each<[string, string, object | null, number, string]>([
    ['no such pipeline', '/pipelines/mian/plan', null, 404, 'pipeline.not_found'],
    [
      'a proposal that defines another one',
      '/pipelines/mian/plan',
      { proposal: {} },
      404,
      'pipeline.not_found',
    ],
    ['no proposal', '/pipelines/main/plan', {}, 422, 'request.invalid'],
    ['more than a proposal', '/pipelines/main/plan', { proposal: {}, force: true }, 422, 'request.invalid'],
    [
      'a proposal that is wrong',
      '/pipelines/main/plan',
      { proposal: { groupings: [{ name: 'all', filter: [{ dim: 'night', operator: 'near' }] }] } },
      422,
      'definitions.invalid',
    ],
    ['a sample of no number', '/pipelines/main/plan?sample=all', null, 422, 'request.invalid'],
  ])('refuses %s', async (_, path, body, status, code) => {
    const viewer = api.as('viewer');
    const answer = await (body === null ? viewer.get(path) : viewer.post(path, body));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});
