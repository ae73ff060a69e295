import { sql } from '@meridian/core';
import { queryRow, registerResults, type RunResult } from '@meridian/ops-db';
import {
  aGrouping,
  aPipeline,
  aRawFile,
  aRun,
  aStep,
  type BuiltRun,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('what was current at a time', () => {
  let api: TestApi;
  let step: BuiltStep;
  let runs: BuiltRun[];
  const times: string[] = [];
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, {
      name: 'survey',
      groupingId: await aGrouping(manager, { name: 'fields' }),
    });
    step = await aStep(manager, { pipeline, name: 'map' });
    times.push(await now());
    const first = await registered();
    times.push(await now());
    const second = await registered({ subGroupId: first.subGroupId });
    const other = await registered();
    times.push(await now());
    runs = [first, second, other];
  });
  afterAll(() => api.close());

  const now = async (): Promise<string> => {
    const row = await queryRow<{ now: string }>(
      api.db.dataSource.manager,
      sql`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
    );
    return row?.now ?? '';
  };
  /** A run that completed just now with one product, as the result-manager registers it. */
  const registered = async (options: { subGroupId?: number } = {}): Promise<BuiltRun> => {
    const { manager } = api.db.dataSource;
    const run = await aRun(manager, {
      ...{ ...options, step, itemIds: [await aRawFile(manager)], status: 'COLLECTING_RESULTS' },
      lease: { owner: 'test', expiresAt: new Date(Date.now() + 60_000) },
    });
    expect(
      await registerResults(manager, { actor: 'test', leaseOwner: 'test', results: [resultOf(run)] }),
    ).toBe(1);
    return run;
  };
  const resultsAt = async (asOf: string, query = ''): Promise<unknown[]> => {
    const { body } = await api.as('viewer').get(`/results?as_of=${asOf}${query}`);
    return (body.items as { run_id: number; replaced_by_run_id: number | null }[]).map((one) => [
      one.run_id,
      one.replaced_by_run_id,
    ]);
  };
  const productsAt = async (asOf: string, query = ''): Promise<number[]> => {
    const { body } = await api.as('viewer').get(`/products?as_of=${asOf}${query}`);
    return (body.items as { run_id: number }[]).map((one) => one.run_id);
  };

  it('is, of each sub-group, the newest run that had completed by then, and what replaced it since', async () => {
    const [first, second, other] = runs.map(({ runId }) => runId);
    const [before, between, after] = times.map(encodeURIComponent);
    expect(await resultsAt(before ?? '')).toEqual([]);
    expect(await resultsAt(between ?? '')).toEqual([[first, second]]);
    expect(await resultsAt(after ?? '')).toEqual([
      [second, null],
      [other, null],
    ]);
    const { body } = await api.as('viewer').get(`/results?as_of=${after}&limit=1`);
    expect(body.items[0]).toMatchObject({
      pipeline: 'survey',
      step: 'map',
      software_version: '1.0.0',
      inputs: 1,
      products: 1,
    });
    expect(body.next).not.toBeNull();
  });

  it('is the same of products, one of each at any time', async () => {
    const [first, second, other] = runs.map(({ runId }) => runId);
    const [before, between, after] = times.map(encodeURIComponent);
    expect(await productsAt(before ?? '')).toEqual([]);
    expect(await productsAt(between ?? '')).toEqual([first]);
    expect(await productsAt(after ?? '')).toEqual([other, second]);
  });

  it('is asked for of a grouping, a step, or a sub-group', async () => {
    const [first] = runs;
    const after = encodeURIComponent(times[2] ?? '');
    expect(await resultsAt(after, '&grouping=fields&pipeline=survey&step=map')).toHaveLength(2);
    expect(await resultsAt(after, '&grouping=nothing')).toEqual([]);
    expect(await resultsAt(after, `&sub_group=${first?.subGroupId}`)).toHaveLength(1);
    expect(await productsAt(after, `&grouping=fields&sub_group=${first?.subGroupId}`)).toHaveLength(1);
    expect(await productsAt(after, '&grouping=nothing')).toEqual([]);
    expect((await api.as('viewer').get('/results')).status).toBe(422);
    expect((await api.as('viewer').get('/results?as_of=yesterday')).status).toBe(422);
  });
});

const resultOf = (run: BuiltRun): RunResult => ({
  ...{ runId: run.runId, attempt: run.attempt },
  products: [
    {
      ...{ type: 'SCIENCE', path: 'science/map.fits', description: '', sha256: 'a'.repeat(64), sizeBytes: 3 },
      ...{ dims: {}, metrics: [] },
    },
  ],
  metrics: [],
  warnings: [],
  facts: {
    ...{ runId: run.runId, attempt: run.attempt, host: 'node1', exitCode: 0, startedAt: null, endedAt: null },
    ...{ cpuSeconds: null, peakMemoryMb: null },
  },
  outcomes: null,
});
