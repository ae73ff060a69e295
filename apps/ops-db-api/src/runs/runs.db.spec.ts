import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import {
  aLocation,
  aPipeline,
  aRawFile,
  aRun,
  aStep,
  bindInput,
  runHistory,
  runRow,
  type BuiltRun,
  type BuiltStep,
  type RunOptions,
} from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('runs over HTTP', () => {
  let api: TestApi;
  let base: string;
  let step: BuiltStep;
  beforeAll(async () => {
    api = await openTestApi();
    base = mkdtempSync(join(tmpdir(), 'runs-'));
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, {
      name: 'survey',
      locationId: await aLocation(manager, { basePath: base }),
    });
    step = await aStep(manager, { pipeline, name: 'extract' });
  });
  afterAll(async () => {
    await api.close();
    rmSync(base, { recursive: true });
  });

  const run = (options: RunOptions = {}): Promise<BuiltRun> =>
    aRun(api.db.dataSource.manager, { step, ...options });
  const writeLog = (built: BuiltRun, text: string | Buffer, name = 'stdout.log'): string => {
    const path = join(base, `p/g/s/${built.runId}.${built.attempt}`, 'logs', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };

  it('are listed newest first, page by page, and filtered by status and dimensions of any name and type', async () => {
    const hostile = `a'"; DROP TABLE run; --\\ü`;
    const first = await run({ dims: { n: 42, source: 'M17' }, status: 'RUNNING' });
    const second = await run({ dims: { n: '42', [hostile]: hostile }, status: 'RUNNING' });
    const ids = async (query: string): Promise<number[]> =>
      (await api.as('viewer').get(`/runs?${query}`)).body.items.map((one: { id: number }) => one.id);

    expect(await ids('dim.n=42')).toEqual([second.runId, first.runId]);
    expect(await ids('dim.n=42&dim.source=M17')).toEqual([first.runId]);
    expect(await ids(`dim.${encodeURIComponent(hostile)}=${encodeURIComponent(hostile)}`)).toEqual([
      second.runId,
    ]);
    expect(await ids('dim.source=M18')).toEqual([]);
    expect(await ids('dim.n=42&pipeline=survey&step=extract&status=PENDING')).toEqual([]);
    const page = await api.as('viewer').get('/runs?dim.n=42&limit=1');
    expect(await ids(`dim.n=42&limit=1&cursor=${page.body.next}`)).toEqual([first.runId]);
    for (const query of ['dim.n=1&dim.n=2', 'dim.=1', 'colour=red', 'dim.a%00b=1', 'status=DONE']) {
      expect((await api.as('viewer').get(`/runs?${query}`)).status).toBe(422);
    }
  });

  it('show their inputs, attempts, history and recipe', async () => {
    const built = await run({ status: 'RUNNING', config: { aperture: 3 } });

    const { status, body } = await api.as('viewer').get(`/runs/${built.runId}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: built.runId,
      pipeline: 'survey',
      step: 'extract',
      status: 'RUNNING',
      recipe_hash: step.recipeHash,
      config: { aperture: 3 },
      resources: { cpus: 1, memory_mb: 1024, walltime_minutes: 60 },
      input_count: 1,
      inputs: [{ id: built.itemIds[0], kind: 'RAW_DATA_FILE' }],
      attempts: [{ number: 1, token: `mrd-${built.runId}-1`, job_id: `job-${built.runId}-1` }],
      events: [{ to: 'RUNNING', from: null, actor: 'test' }],
      products: [],
      metrics: [],
      warnings: [],
    });
    expect(body.attempts[0].intended_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect((await api.as('viewer').get('/runs/999999')).body.code).toBe('run.not_found');
  });

  it('show what an association bound, as what, how and how far away', async () => {
    const { manager } = api.db.dataSource;
    const built = await run();
    const dark = await aRawFile(manager);
    await bindInput(manager, built, dark, { role: 'before', method: 'extrapolated', offsetSeconds: -90.5 });

    const { body } = await api.as('viewer').get(`/runs/${built.runId}`);

    expect(body.inputs).toEqual([
      expect.objectContaining({ id: built.itemIds[0], binding: null, association: null }),
      expect.objectContaining({
        id: dark,
        binding: 'dark',
        association: { role: 'before', method: 'extrapolated', offset_seconds: -90.5, weight: 1 },
      }),
    ]);
  });

  it.each(['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS'] as const)(
    'a %s run is asked to stop, and the first request counts',
    async (status) => {
      const { runId } = await run({ status });
      await api.as('operator').post(`/runs/${runId}/cancellation`, { reason: 'wrong data' });

      const answer = await api.as('scientist').post(`/runs/${runId}/cancellation`, { reason: 'again' });

      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({
        status,
        cancel_requested_by: 'token:operator',
        cancel_reason: 'wrong data',
      });
    },
  );

  it('a PENDING run is cancelled at once, and its history says by whom', async () => {
    const { runId } = await run();

    const answer = await api.as('scientist').post(`/runs/${runId}/cancellation`, { reason: 'typo' });

    expect(answer.body).toMatchObject({ status: 'CANCELLED', finished_at: expect.any(String) });
    expect(answer.body.events.at(-1)).toMatchObject({
      from: 'PENDING',
      to: 'CANCELLED',
      actor: 'token:scientist',
      reason: 'cancelled: typo',
    });
  });

  it.each(['COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED', 'CANCELLED'] as const)(
    'a %s run cannot be cancelled',
    async (status) => {
      const { runId } = await run({ status });
      const before = await runRow(api.db.dataSource.manager, runId);

      const answer = await api.as('scientist').post(`/runs/${runId}/cancellation`, {});

      expect([answer.status, answer.body.code]).toEqual([409, 'run.finished']);
      expect(await runRow(api.db.dataSource.manager, runId)).toEqual(before);
    },
  );

  it('a FAILED run is tried again with a new budget and other resources', async () => {
    const { runId } = await run({ status: 'FAILED', failureCount: 3 });

    const answer = await api.as('scientist').post(`/runs/${runId}/retry`, { resources: { memory_mb: 4096 } });

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      status: 'PENDING',
      failure_count: 0,
      failure_class: null,
      failure_reason: null,
      finished_at: null,
      resources: { cpus: 1, memory_mb: 4096, walltime_minutes: 60 },
    });
    expect(await runHistory(api.db.dataSource.manager, runId)).toEqual(['FAILED', 'PENDING']);
  });

  it.each(['PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED'] as const)(
    'a %s run cannot be retried',
    async (status) => {
      const { runId } = await run({ status });
      const answer = await api.as('scientist').post(`/runs/${runId}/retry`);
      expect([answer.status, answer.body.code]).toEqual([409, 'run.not_failed']);
    },
  );

  it('a FAILED run with a newer run beside it is not retried, however many ask at once', async () => {
    const old = await run({ status: 'FAILED' });
    await run({ status: 'FAILED', subGroupId: old.subGroupId });
    expect((await api.as('scientist').post(`/runs/${old.runId}/retry`)).body.code).toBe('run.superseded');

    const alone = await run({ status: 'FAILED' });
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.as('scientist').post(`/runs/${alone.runId}/retry`)),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409, 409]);
  });

  it('viewers cannot cancel or retry', async () => {
    const { runId } = await run();
    expect((await api.as('viewer').post(`/runs/${runId}/cancellation`)).status).toBe(403);
    expect((await api.as('viewer').post(`/runs/${runId}/retry`)).status).toBe(403);
  });

  it('a log is read from an offset on', async () => {
    const built = await run({ status: 'RUNNING' });
    writeLog(built, 'one\ntwo\n');
    writeLog(built, 'oops\n', 'stderr.log');
    const logs = `/runs/${built.runId}/logs`;

    const all = await api.as('viewer').get(logs);
    expect([all.status, all.text, all.headers['x-next-offset'], all.headers['content-type']]).toEqual([
      200,
      'one\ntwo\n',
      '8',
      'text/plain; charset=utf-8',
    ]);
    expect((await api.as('viewer').get(`${logs}?offset=4`)).text).toBe('two\n');
    expect((await api.as('viewer').get(`${logs}?offset=400`)).text).toBe('');
    expect((await api.as('viewer').get(`${logs}?stream=stderr`)).text).toBe('oops\n');
    expect((await api.as('viewer').get(`${logs}?stream=../../secret`)).status).toBe(422);
  });

  it('a run that has printed nothing yet has an empty log; an attempt that never was has none', async () => {
    const pending = await run();
    expect((await api.as('viewer').get(`/runs/${pending.runId}/logs`)).text).toBe('');
    const finished = await run({ status: 'COMPLETED' });
    expect((await api.as('viewer').get(`/runs/${finished.runId}/logs`)).body.code).toBe('log.not_found');
    expect((await api.as('viewer').get(`/runs/${finished.runId}/logs?attempt=7`)).body.code).toBe(
      'log.not_found',
    );
  });

  it('a log that is a link out of the location is refused, and so is a folder in its place', async () => {
    const built = await run({ status: 'RUNNING' });
    const path = writeLog(built, '');
    rmSync(path);
    symlinkSync('/etc/hostname', path);
    const answer = await api.as('viewer').get(`/runs/${built.runId}/logs`);
    expect([answer.status, answer.body.code]).toEqual([403, 'file.outside_location']);

    rmSync(path);
    mkdirSync(path);
    expect((await api.as('viewer').get(`/runs/${built.runId}/logs`)).body.code).toBe('file.outside_location');

    rmSync(dirname(path), { recursive: true });
    symlinkSync('/etc', dirname(path));
    writeFileSync(join(base, 'stdout.log'), 'x');
    expect((await api.as('viewer').get(`/runs/${built.runId}/logs`)).text).toBe('');
  });

  it('a stream follows the log to the end of the attempt and goes on from Last-Event-ID', async () => {
    const built = await run({ status: 'FAILED' });
    writeLog(built, 'grün\r50 %\rdone\n');
    const stream = async (lastEventId: string): Promise<string> =>
      (await api.as('viewer').get(`/runs/${built.runId}/logs/stream`, { 'Last-Event-ID': lastEventId })).text;

    expect(await stream('')).toBe(
      'event: log\nid: 16\ndata: {"text":"grün\\r50 %\\rdone\\n"}\n\nevent: end\nid: 16\ndata: {"status":"FAILED","attempt":1}\n\n',
    );
    expect(await stream('11')).toBe(
      'event: log\nid: 16\ndata: {"text":"done\\n"}\n\nevent: end\nid: 16\ndata: {"status":"FAILED","attempt":1}\n\n',
    );
  });

  it('a stream of a running run ends when the run does', async () => {
    const built = await run({ status: 'RUNNING' });
    writeLog(built, 'hello\n');
    const following = api.as('viewer').get(`/runs/${built.runId}/logs/stream`);
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), moved_by = 'test', moved_why = '' WHERE id = ${built.runId}`,
    );
    expect((await following).text).toBe(
      'event: log\nid: 6\ndata: {"text":"hello\\n"}\n\nevent: end\nid: 6\ndata: {"status":"CANCELLED","attempt":1}\n\n',
    );
  });
});
