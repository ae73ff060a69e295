import { existsSync } from 'node:fs';
import { sql } from '@meridian/core';
import { findPurge, loadInputs, pausePurging, queryRow, queryRows } from '@meridian/ops-db';
import { aRun, aStep, aSubGroup } from '@meridian/ops-db/testing';
import { contradictions } from '../testing/purge-books.js';
import { RetentionWorld, type StoredFile } from '../testing/retention-world.js';

describe('PurgeLocationsPass', () => {
  let world: RetentionWorld;
  beforeEach(async () => {
    world = await RetentionWorld.open();
  });
  afterEach(() => world.close());

  const several = async (count: number, bytes = 100): Promise<StoredFile[]> => {
    const files = [];
    for (let n = 0; n < count; n += 1) files.push(await world.file({ bytes }));
    return files;
  };
  const present = (files: readonly StoredFile[]): boolean[] => files.map(world.isThere);

  it('begins at the high-water mark and ends at the low one, the oldest first', async () => {
    const files = await several(10);
    await world.marks(1001, 500);
    await world.run();
    expect(present(files)).toEqual(Array<boolean>(10).fill(true));

    await world.marks(1000, 500);
    await world.run();
    expect(present(files)).toEqual([...Array<boolean>(5).fill(false), ...Array<boolean>(5).fill(true)]);
    expect(await contradictions(world)).toEqual([]);
    const { id } = (await queryRow<{ id: number }>(world.db, sql`SELECT id FROM purge`)) ?? { id: 0 };
    expect(await findPurge(world.db, id)).toMatchObject({
      ...{ cause: 'high_water', requestedBy: null, downToBytes: 500, usedBeforeBytes: 1000 },
      ...{ usedAfterBytes: 500, problem: null },
      sums: [
        { action: 'delete', reason: 'older than 0 days', files: 5, bytes: 500 },
        { action: 'keep', reason: 'enough_is_free', files: 5, bytes: 500 },
      ],
    });
    expect(await world.run()).toBe(0);
  });

  it('takes those first that fewer runs have taken, of those that are looked at together', async () => {
    const [often, seldom] = await several(2);
    if (often === undefined || seldom === undefined) throw new Error('no files');
    await aRun(world.db, { itemIds: [often.itemId], status: 'COMPLETED' });
    await world.purge(100);
    expect(present([often, seldom])).toEqual([true, false]);
  });

  it('keeps what may not go, each for its reason, and says so', async () => {
    const files = {
      raw: await world.rawFile(100),
      calibration: await world.file(),
      log: await world.file({ type: 'LOG' }),
      result_table: await world.file({ name: 'results/flux.ndjson' }),
      published: await world.file(),
      unverified_record: await world.file({ isVerified: false }),
      needed_by_run: await world.file(),
      downstream_open: await world.file({ type: 'INTERMEDIATE' }),
    };
    await world.bound(files.calibration);
    await world.staged(files.published);
    await world.taken([files.needed_by_run], { status: 'RUNNING' });
    const id = await world.purge();
    expect(await world.reasonsOf(Object.values(files))).toEqual(Object.keys(files));
    expect(present(Object.values(files))).toEqual(Object.values(files).map(() => true));
    expect(await contradictions(world)).toEqual([]);
    expect((await findPurge(world.db, id))?.problem).toBe(
      'nothing more may go: 800 bytes are left above the level; the ledger says why each file stays',
    );
  });

  it('waits until everything that was made of it is current and whole', async () => {
    const [unused, done, stale, damaged] = [
      await world.file({ type: 'INTERMEDIATE' }),
      await world.file({ type: 'INTERMEDIATE' }),
      await world.file({ type: 'SCIENCE' }),
      await world.file({ type: 'SCIENCE' }),
    ];
    await world.taken([done]);
    await world.taken([stale], { state: 'stale' });
    const broken = await world.taken([damaged]);
    const [made] = [await world.file({ step: world.taker })];
    await queryRows(
      world.db,
      sql`UPDATE sub_group SET last_completed_run_id = ${made.run?.runId} WHERE id = ${broken.subGroupId} RETURNING id`,
    );
    await queryRows(
      world.db,
      sql`UPDATE physical_copy SET status = 'CORRUPT' WHERE id = ${made.copyId} RETURNING id`,
    );
    await world.purge();
    expect(await world.reasonsOf([unused, done, stale, damaged])).toEqual([
      ...['downstream_open', null, 'downstream_open', 'downstream_open'],
    ]);
  });

  it('lets go of what a newer result replaced, whatever the steps after it are at', async () => {
    const old = await world.file({ type: 'INTERMEDIATE' });
    await world.taken([old], { state: 'stale' });
    await queryRows(
      world.db,
      sql`UPDATE data_product SET superseded_at = now(), superseded_by_run_id = run_id WHERE item_id = ${old.itemId} RETURNING item_id`,
    );
    await world.purge();
    expect(world.isThere(old)).toBe(false);
  });

  it('does as the step says: days, newest results, until all is made of it, and for ever', async () => {
    const step = async (keep: unknown) =>
      aStep(world.db, {
        pipeline: world.maker,
        retention: { rules: [{ types: ['PLOT'], keep: keep as string }] },
      });
    const subGroup = async (stepOfIt: Awaited<ReturnType<typeof step>>) =>
      aSubGroup(world.db, { step: stepOfIt });
    const [days, last, until, ever] = [
      await step({ days: 30 }),
      await step({ last: 1 }),
      await step('until_downstream'),
      await step('for_ever'),
    ];
    const ofLast = await subGroup(last);
    const files = [
      await world.file({ step: days, ageDays: 29 }),
      await world.file({ step: days, ageDays: 31 }),
      await world.file({ step: last, subGroupId: ofLast }),
      await world.file({ step: last, subGroupId: ofLast }),
      await world.file({ step: until }),
      await world.file({ step: ever }),
      await world.file({ step: days, type: 'STATISTICS' }),
    ];
    await world.purge();
    expect(await world.reasonsOf(files)).toEqual([
      ...['policy', null, null, 'policy', 'policy', 'policy', 'policy'],
    ]);
  });

  it('keeps the products of a step that some association names, before anything is bound', async () => {
    const file = await world.file();
    await queryRows(
      world.db,
      sql`UPDATE reduction_step SET associations = ${JSON.stringify([{ name: 'dark', from: { step: world.maker.name } }])}::jsonb
          WHERE id = ${world.taker.stepId} RETURNING id`,
    );
    await world.purge();
    expect(await world.reasonsOf([file])).toEqual(['calibration']);
  });

  it('gives no run a copy that is to go, and takes back one that a run was given before', async () => {
    const [file] = await several(1);
    if (file === undefined) throw new Error('no file');
    const id = await world.ask();
    const { runId, inputSetId } = await aRun(world.db, { step: world.taker, itemIds: [file.itemId] });
    await queryRows(
      world.db,
      sql`WITH marked AS (UPDATE physical_copy SET status = 'DELETION_SCHEDULED' WHERE id = ${file.copyId})
          INSERT INTO purge_decision (purge_id, data_location_id, copy_id, item_id, path, bytes, action, reason)
          VALUES (${id}, ${world.locationId}, ${file.copyId}, ${file.itemId}, ${file.path}, 100, 'delete', 'test') RETURNING id`,
    );
    const copies = async () =>
      (await loadInputs(world.db, world.locationId, [inputSetId])).map((one) => one.copies.length);
    expect(await copies()).toEqual([0]);
    await world.run();
    expect(await world.reasonsOf([file])).toEqual(['needed_by_run']);
    expect(await copies()).toEqual([1]);
    expect(await contradictions(world)).toEqual([]);
    await queryRows(
      world.db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now(), moved_by = 'test', moved_why = 'test' WHERE id = ${runId} RETURNING id`,
    );
    await world.purge();
    expect(world.isThere(file)).toBe(false);
  });

  it('does nothing where somebody paused it, and goes on afterwards', async () => {
    const files = await several(2);
    const { locationId } = world;
    await world.marks(100, 0);
    await pausePurging(world.db, { locationId, pause: { actor: 'ada', reason: 'looking' } });
    expect(await world.run()).toBe(0);
    expect(present(files)).toEqual([true, true]);
    await pausePurging(world.db, { locationId, pause: null });
    await world.run();
    expect(present(files)).toEqual([false, false]);
  });

  it('does not look again and again at a location that stays full because nothing may go', async () => {
    await world.file({ type: 'LOG' });
    await world.marks(50, 10);
    expect(await world.run()).toBeGreaterThan(0);
    expect(await world.run()).toBe(0);
    expect(await queryRows(world.db, sql`SELECT id FROM purge`)).toHaveLength(1);
  });

  it('deletes each file once, however many replicas there are', async () => {
    const files = await several(40);
    await world.ask();
    for (let round = 0; round < 3; round += 1)
      await Promise.all(['a', 'b', 'c'].map((actor) => world.run({ actor, batchSize: 3 })));
    expect(present(files)).toEqual(files.map(() => false));
    expect(await contradictions(world)).toEqual([]);
  });

  it('keeps one row of a file that stays, since when it stays for this reason, and its sums in each purge', async () => {
    const file = await world.file({ type: 'LOG' });
    const first = await world.purge();
    const second = await world.purge();
    const rows = await queryRows(
      world.db,
      sql`SELECT purge_id, reason FROM purge_decision WHERE copy_id = ${file.copyId}`,
    );
    expect(rows).toEqual([{ purge_id: first, reason: 'log' }]);
    expect((await findPurge(world.db, second))?.sums).toEqual([
      { action: 'keep', reason: 'log', files: 1, bytes: 100 },
    ]);
    expect(existsSync(world.at(file.path))).toBe(true);
  });
});
