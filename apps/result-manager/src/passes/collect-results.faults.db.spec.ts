import { sql } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { opsDataSource, queryRows } from '@meridian/ops-db';
import { runHistory, runRow } from '@meridian/ops-db/testing';
import { fitsImage } from '../testing/fits-bytes.js';
import { makeMortal, type Death } from '../testing/dying-data-source.js';
import { Workshop } from '../testing/workshop.js';
import { CollectResultsPass, type CollectResultsOptions } from './collect-results.pass.js';

const NEVER = new AbortController().signal;
const IMAGE = fitsImage([
  [1, 2],
  [3, 4],
]);

describe('CollectResultsPass, when things go wrong around it', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  const collector = (options: Partial<CollectResultsOptions> = {}) =>
    new CollectResultsPass({
      filesOf: () => mountedFiles,
      dataSource: workshop.database.dataSource,
      actor: 'collector',
      logger: workshop.logger,
      rules: { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 },
      leaseSeconds: 60,
      batchSize: 200,
      ...options,
    });
  const collect = () => collector().run(NEVER);
  const previewsOf = (runId: number) =>
    queryRows(
      workshop.db,
      sql`SELECT state FROM product_preview JOIN data_product USING (item_id) WHERE run_id = ${runId}`,
    );

  it('completes the others when the database refuses the values of one run', async () => {
    const step = await workshop.aStep();
    const runs = [
      await workshop.aRun({ step }),
      await workshop.aRun({ step }),
      await workshop.aRun({ step }),
    ];
    for (const run of runs) await workshop.leave(run, { files: { 'a.fits': 'a' } });
    const [, poisoned] = runs;
    // The path of its copy is taken by another item, which no honest attempt can bring about.
    await queryRows(
      workshop.db,
      sql`INSERT INTO physical_copy (item_id, data_location_id, path)
          SELECT max(data_item.id), ${step.locationId}::bigint, ${`${poisoned?.directory ?? ''}/output/a.fits`} FROM data_item RETURNING id`,
    );

    await collect();

    const statuses = await Promise.all(
      runs.map(async (run) => (await runRow(workshop.db, run.runId))['status']),
    );
    expect(statuses).toEqual(['COMPLETED', 'PENDING', 'COMPLETED']);
  });

  it.each([
    ['does not answer', unreachableFiles()],
    ['has settings that lead nowhere', null],
  ])('waits for a site that %s, however long, and collects when it is back', async (_, files) => {
    const run = await workshop.aRun();
    await workshop.leave(run, { files: { 'science/a.fits': 'a' } });
    await workshop.ended(run, { state: 'COMPLETED', exitCode: 0, secondsAgo: 1_000_000 });

    expect(await collector({ filesOf: () => files }).run(NEVER)).toBe(0);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'COLLECTING_RESULTS' });
    await workshop.expireLeases();
    expect(await collect()).toBe(1);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('registers each product once when two collectors work at the same time', async () => {
    const step = await workshop.aStep();
    const runs = [];
    for (let n = 0; n < 30; n += 1) {
      const run = await workshop.aRun({ step });
      await workshop.leave(run, { files: { 'science/a.fits': `a${n}`, 'plots/b.png': `b${n}` } });
      runs.push(run);
    }

    const changed = await Promise.all(
      ['one', 'two', 'three'].map((actor) => collector({ actor, batchSize: 7 }).run(NEVER)),
    );

    expect(changed.reduce((sum, count) => sum + count, 0)).toBe(30);
    for (const run of runs) expect(await workshop.products(run)).toHaveLength(2);
  });

  it('stops between two batches when it is told to, and gives back what it had claimed', async () => {
    const run = await workshop.aRun();
    await workshop.leave(run);
    const stop = new AbortController();
    const pass = collector().run(stop.signal);
    stop.abort();
    await pass;

    expect(await collect()).toBe(1);
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it.each(['before', 'after'] as const)(
    'loses and doubles nothing when it dies %s any of its statements',
    async (when) => {
      const step = await workshop.aStep();
      for (let at = 1; ; at += 1) {
        const good = await workshop.aRun({ step });
        const bad = await workshop.aRun({ step });
        await workshop.leave(good, {
          files: { 'science/a.fits': IMAGE, 'plots/b.png': 'b', 'metrics.json': '{"n": 1}' },
        });
        await workshop.leave(bad, { exitCode: 75 });
        const death: Death = { at, when, seen: 0 };
        const dataSource = await opsDataSource({
          url: workshop.database.url,
          applicationName: 'mortal',
        }).initialize();
        makeMortal(dataSource, death);
        await collector({ dataSource, actor: 'mortal' })
          .run(NEVER)
          .catch(() => 0);
        await dataSource.destroy();

        await workshop.expireLeases();
        await collect();

        expect(await runHistory(workshop.db, good.runId)).toEqual(['COLLECTING_RESULTS', 'COMPLETED']);
        expect(await workshop.products(good)).toHaveLength(2);
        expect(await previewsOf(good.runId)).toEqual([{ state: 'wanted' }]);
        expect(await runHistory(workshop.db, bad.runId)).toEqual(['COLLECTING_RESULTS', 'FAILED', 'PENDING']);
        expect(await runRow(workshop.db, bad.runId)).toMatchObject({ failure_count: 1 });
        if (death.seen < at) {
          expect(at).toBeGreaterThan(10);
          break;
        }
      }
    },
  );
});
