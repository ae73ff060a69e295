import { createHash } from 'node:crypto';
import { sql, type CollectedProduct } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { isDataFault } from '../data-fault.js';
import { queryRow, queryRows } from '../sql.js';
import {
  anItem,
  aRun,
  aStep,
  aSubGroup,
  bindInput,
  openTestDatabase,
  runHistory,
  runRow,
  type BuiltRun,
  type RunOptions,
  type TestDatabase,
} from '../testing/index.js';
import { registerResults } from './register-results.sql.js';
import type { RunResult } from './run-result.js';

const OWNER = 'collector';
const LATER = new Date('2100-01-01T00:00:00Z');

const product = (path: string, more: Partial<CollectedProduct> = {}): CollectedProduct => ({
  path,
  sizeBytes: 10,
  sha256: createHash('sha256').update(path).digest('hex'),
  type: 'SCIENCE',
  dims: {},
  metrics: [],
  description: '',
  ...more,
});

const resultOf = (run: BuiltRun, more: Partial<RunResult> = {}): RunResult => ({
  runId: run.runId,
  attempt: run.attempt,
  products: [product('science/a.fits')],
  metrics: [],
  warnings: [],
  outcomes: null,
  facts: {
    runId: run.runId,
    attempt: run.attempt,
    host: 'node1',
    exitCode: 0,
    startedAt: new Date('2026-01-01T00:00:00Z'),
    endedAt: new Date('2026-01-01T00:01:00Z'),
    cpuSeconds: 50,
    peakMemoryMb: 200,
  },
  ...more,
});

describe('registerResults', () => {
  let database: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    database = await openTestDatabase(10);
    db = database.dataSource.manager;
  });
  afterAll(() => database.close());

  const collected = (options: RunOptions = {}) =>
    aRun(db, { status: 'COLLECTING_RESULTS', lease: { owner: OWNER, expiresAt: LATER }, ...options });
  const register = (...results: RunResult[]) =>
    registerResults(db, { actor: 'tester', leaseOwner: OWNER, results });
  const productsOf = (run: BuiltRun) =>
    queryRows<Record<string, unknown>>(
      db,
      sql`SELECT p.path, p.type, p.attempt, p.description, p.metrics, p.superseded_by_run_id AS "supersededBy", i.kind, i.name, i.dims,
                 i.size_bytes AS "sizeBytes", i.content_hash AS "contentHash", i.obs_time AS "obsTime", c.path AS copy, c.status
          FROM data_product p JOIN data_item i ON i.id = p.item_id JOIN physical_copy c ON c.item_id = i.id
          WHERE p.run_id = ${run.runId} AND c.data_location_id = ${run.step.locationId} ORDER BY p.path`,
    );

  it('a product was observed when the members were, whenever its calibration was', async () => {
    const obsTime = new Date('2025-05-02T00:00:00Z');
    const run = await collected({ itemIds: [await anItem(db, { obsTime })] });
    await bindInput(db, run, await anItem(db, { obsTime: new Date('2025-05-01T00:00:00Z') }));
    await register(resultOf(run));
    expect(await productsOf(run)).toEqual([expect.objectContaining({ obsTime })]);
  });

  it('registers products, metrics, warnings and what the job used, and completes the run', async () => {
    const items = [
      await anItem(db, { obsTime: new Date('2025-05-02T00:00:00Z') }),
      await anItem(db, { obsTime: new Date('2025-05-01T00:00:00Z') }),
    ];
    const run = await collected({
      itemIds: items,
      dims: { source: 'm17', band: 'a' },
      directory: 'p/g/s/9.1',
    });

    const changed = await register(
      resultOf(run, {
        products: [
          product('science/a.fits', {
            dims: { band: 'b', n: 1 },
            metrics: [{ name: 'snr', value: 5, unit: '' }],
            description: 'map',
          }),
          product('plots/a b.png', { type: 'PLOT' }),
        ],
        metrics: [{ name: 'rms', value: 0.5, unit: 'Jy' }],
        warnings: [{ code: 'tool.warning', message: 'careful' }],
      }),
    );

    expect(changed).toBe(1);
    expect(await productsOf(run)).toEqual([
      {
        path: 'plots/a b.png',
        type: 'PLOT',
        attempt: 1,
        description: '',
        metrics: {},
        supersededBy: null,
        kind: 'DATA_PRODUCT',
        name: 'a b.png',
        dims: { source: 'm17', band: 'a' },
        sizeBytes: 10,
        contentHash: product('plots/a b.png').sha256,
        obsTime: new Date('2025-05-01T00:00:00Z'),
        copy: 'p/g/s/9.1/output/plots/a b.png',
        status: 'PRESENT',
      },
      {
        path: 'science/a.fits',
        type: 'SCIENCE',
        attempt: 1,
        description: 'map',
        metrics: { snr: { value: 5, unit: '' } },
        supersededBy: null,
        kind: 'DATA_PRODUCT',
        name: 'a.fits',
        dims: { source: 'm17', band: 'b', n: 1 },
        sizeBytes: 10,
        contentHash: product('science/a.fits').sha256,
        obsTime: new Date('2025-05-01T00:00:00Z'),
        copy: 'p/g/s/9.1/output/science/a.fits',
        status: 'PRESENT',
      },
    ]);
    expect(await runRow(db, run.runId)).toMatchObject({
      status: 'COMPLETED_WITH_WARNINGS',
      lease_owner: null,
      finished_at: expect.any(Date),
      moved_by: 'tester',
      moved_why: '2 products, 1 warnings',
    });
    expect(
      await queryRows(db, sql`SELECT name, value, unit FROM run_metric WHERE run_id = ${run.runId}`),
    ).toEqual([{ name: 'rms', value: 0.5, unit: 'Jy' }]);
    expect(
      await queryRows(db, sql`SELECT attempt, code, message FROM run_warning WHERE run_id = ${run.runId}`),
    ).toEqual([{ attempt: 1, code: 'tool.warning', message: 'careful' }]);
    expect(
      await queryRow(
        db,
        sql`SELECT host, exit_code, cpu_seconds, peak_memory_mb, elapsed_seconds FROM attempt WHERE run_id = ${run.runId}`,
      ),
    ).toEqual({ host: 'node1', exit_code: 0, cpu_seconds: 50, peak_memory_mb: 200, elapsed_seconds: 60 });
    expect(
      await queryRow(db, sql`SELECT last_completed_run_id AS id FROM sub_group WHERE id = ${run.subGroupId}`),
    ).toEqual({ id: run.runId });
  });

  it('completes a run without products or warnings', async () => {
    const run = await collected();

    expect(await register(resultOf(run, { products: [] }))).toBe(1);

    expect(await runRow(db, run.runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('changes nothing the second time', async () => {
    const run = await collected();

    expect([await register(resultOf(run)), await register(resultOf(run))]).toEqual([1, 0]);

    expect(await productsOf(run)).toHaveLength(1);
    expect(await runHistory(db, run.runId)).toEqual(['COLLECTING_RESULTS', 'COMPLETED']);
  });

  it('registers each product once when many collectors do the same work at the same time', async () => {
    const runs = [];
    for (let n = 0; n < 20; n += 1) runs.push(await collected());
    const results = runs.map((run) => resultOf(run, { products: [product('a'), product('b')] }));

    const counts = await Promise.all(
      [1, 2, 3, 4].map((n) => register(...(n % 2 === 0 ? results : [...results].reverse()))),
    );

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    for (const run of runs) expect(await productsOf(run)).toHaveLength(2);
  });

  it('touches no run that another collector took over, and none at another attempt', async () => {
    const taken = await collected({ lease: { owner: 'another', expiresAt: LATER } });
    const later = await collected({ attempt: 2 });

    expect(await register(resultOf(taken), resultOf(later, { attempt: 1 }))).toBe(0);

    expect([await productsOf(taken), await productsOf(later)]).toEqual([[], []]);
  });

  it('supersedes the products of the earlier result of the same sub-group, and no others', async () => {
    const step = await aStep(db);
    const subGroupId = await aSubGroup(db, { step });
    const first = await collected({ step, subGroupId });
    await register(resultOf(first));
    const other = await collected({ step });
    await register(resultOf(other));
    const second = await collected({ step, subGroupId });

    await register(resultOf(second));

    const supersededBy = async (run: BuiltRun) => (await productsOf(run)).map((row) => row['supersededBy']);
    expect([await supersededBy(first), await supersededBy(second), await supersededBy(other)]).toEqual([
      [second.runId],
      [null],
      [null],
    ]);
  });

  it('supersedes at once what an older run makes after a newer one', async () => {
    const step = await aStep(db);
    const subGroupId = await aSubGroup(db, { step });
    const older = await aRun(db, { step, subGroupId, status: 'FAILED' });
    const newer = await collected({ step, subGroupId });
    await register(resultOf(newer));
    await queryRow(
      db,
      sql`UPDATE run SET status = 'PENDING', finished_at = NULL, failure_class = NULL, failure_reason = NULL WHERE id = ${older.runId} RETURNING id`,
    );
    for (const status of ['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS']) {
      await queryRow(db, sql`UPDATE run SET status = ${status} WHERE id = ${older.runId} RETURNING id`);
    }
    await queryRow(
      db,
      sql`UPDATE run SET lease_owner = ${OWNER}, lease_expires_at = ${LATER} WHERE id = ${older.runId} RETURNING id`,
    );

    await register(resultOf(older));

    expect((await productsOf(older)).map((row) => row['supersededBy'])).toEqual([newer.runId]);
    expect((await productsOf(newer)).map((row) => row['supersededBy'])).toEqual([null]);
    expect(
      await queryRow(db, sql`SELECT last_completed_run_id AS id FROM sub_group WHERE id = ${subGroupId}`),
    ).toEqual({ id: newer.runId });
  });

  it('is all or nothing, and says that the values are at fault', async () => {
    const good = await collected();
    const bad = await collected();
    const refused = register(
      resultOf(good),
      resultOf(bad, { products: [product('a', { sha256: 'nonsense' })] }),
    );

    await expect(refused.catch(isDataFault)).resolves.toBe(true);

    expect([await productsOf(good), (await runRow(db, good.runId))['status']]).toEqual([
      [],
      'COLLECTING_RESULTS',
    ]);
  });

  it('registers ten thousand products of a hundred runs in seconds', async () => {
    const step = await aStep(db);
    const runs = [];
    for (let n = 0; n < 100; n += 1) runs.push(await collected({ step }));
    const products = Array.from({ length: 100 }, (_, n) => product(`science/file-${n}.fits`));
    const startedAt = performance.now();

    expect(await register(...runs.map((run) => resultOf(run, { products })))).toBe(100);

    const milliseconds = performance.now() - startedAt;
    process.stdout.write(`10,000 products registered in ${Math.round(milliseconds)} ms\n`);
    expect(milliseconds).toBeLessThan(15_000);
  });
});
