import { sql } from '@meridian/core';
import type { SiteFiles } from '@meridian/hpc';
import { queryRows, requestCancellation } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import { ndjson, SOURCES } from '../testing/declared-tables.js';
import { Gate, HeldFiles } from '../testing/held-files.js';
import { TableWorld, type Tool } from '../testing/table-world.js';
import { CollectResultsPass } from './collect-results.pass.js';

const NEVER = new AbortController().signal;

describe('CollectResultsPass, when things go wrong around result tables', () => {
  let world: TableWorld;
  let tool: Tool;
  beforeAll(async () => {
    world = await TableWorld.open();
    tool = await world.aTool(SOURCES);
  });
  afterAll(() => world.close());

  const collector = (actor: string, files: SiteFiles) =>
    new CollectResultsPass({
      ...{ dataSource: world.workshop.database.dataSource, actor, logger: world.workshop.logger },
      rules: { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 },
      ...{ filesOf: () => files, leaseSeconds: 60, batchSize: 200 },
    });

  /** A run whose job ended and left two rows of its item. */
  const ended = async () => {
    const itemIds = await world.items(1);
    const [item] = itemIds;
    const run = await world.workshop.aRun({ step: tool.step, itemIds });
    const rows = [1, 2].map((number) => ({ item, number, name: 'a', large: number }));
    const files = {
      'results/sources.ndjson': ndjson(rows),
      'results/outcomes.ndjson': ndjson([{ item, outcome: 'ok' }]),
    };
    await world.workshop.leave(run, { files });
    await world.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    return run;
  };
  const numbers = (runId: number) =>
    tool
      .rowsOf('sources')
      .then((rows) => rows.filter((row) => row['run_id'] === runId).map((row) => row['number']));
  const staged = (runId: number) =>
    queryRows(world.db, sql`SELECT line FROM staged_row WHERE run_id = ${runId}`).then((rows) => rows.length);

  it('keeps every row when the server crashes between staging them and completing the run', async () => {
    const run = await ended();
    const files = new HeldFiles();
    // What recovery does to a table that is not logged.
    files.before('outcomes.ndjson', async () => {
      await queryRows(world.db, sql`TRUNCATE staged_row`);
    });
    await collector('unlucky', files.files).run(NEVER);
    await world.workshop.expireLeases();
    await world.collect();
    expect(await runRow(world.db, run.runId)).toMatchObject({ status: 'COMPLETED' });
    expect(await numbers(run.runId)).toEqual([1, 2]);
  });

  it('completes the other runs of a batch of which one lost its rows', async () => {
    const [run, other] = [await ended(), await ended()];
    const files = new HeldFiles();
    files.before(`${run.directory}/output/results/outcomes.ndjson`, async () => {
      await queryRows(world.db, sql`DELETE FROM staged_row WHERE run_id = ${run.runId}`);
    });
    await collector('unlucky', files.files).run(NEVER);
    expect(await runRow(world.db, run.runId)).toMatchObject({ status: 'COLLECTING_RESULTS' });
    expect(await runRow(world.db, other.runId)).toMatchObject({ status: 'COMPLETED' });
    await world.workshop.expireLeases();
    await world.collect();
    expect(await numbers(run.runId)).toEqual([1, 2]);
  });

  it('keeps every row when a collector that lost its lease goes on in the middle of another', async () => {
    const run = await ended();
    const [slow, quick] = [new HeldFiles(), new HeldFiles()];
    const [slowReads, slowGoesOn, quickStaged, quickGoesOn] = [
      new Gate(),
      new Gate(),
      new Gate(),
      new Gate(),
    ];
    const slowIsBack = new Gate();
    slow.before('result.json', async () => {
      slowReads.open();
      await slowGoesOn.wait();
    });
    slow.before('sources.ndjson', async () => {
      slowIsBack.open();
      await quickDone;
    });
    quick.before('outcomes.ndjson', async () => {
      quickStaged.open();
      await quickGoesOn.wait();
    });
    const slowDone = collector('slow', slow.files).run(NEVER);
    await slowReads.wait();
    await world.workshop.expireLeases();
    const quickDone = collector('quick', quick.files).run(NEVER);
    await quickStaged.wait();
    slowGoesOn.open();
    await slowIsBack.wait();
    quickGoesOn.open();
    await quickDone;
    await slowDone;
    expect(await runRow(world.db, run.runId)).toMatchObject({ status: 'COMPLETED' });
    expect(await numbers(run.runId)).toEqual([1, 2]);
    expect(await staged(run.runId)).toBe(0);
  });

  it('leaves nothing staged of a run that was cancelled after its collector died', async () => {
    const run = await ended();
    const files = new HeldFiles();
    files.before('outcomes.ndjson', () => Promise.reject(new Error('the collector dies here')));
    await collector('mortal', files.files)
      .run(NEVER)
      .catch(() => 0);
    await requestCancellation(world.db, { runId: run.runId, actor: 'ada', reason: 'enough' });
    await queryRows(
      world.db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL, moved_by = 'test', moved_why = ''
          WHERE id = ${run.runId} AND status = 'COLLECTING_RESULTS' RETURNING id`,
    );
    await world.collect();
    expect(await staged(run.runId)).toBe(0);
  });
});
