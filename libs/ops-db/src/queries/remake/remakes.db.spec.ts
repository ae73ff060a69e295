import { createHash } from 'node:crypto';
import { sql, type CollectedProduct } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';
import {
  anAttempt,
  aProduct,
  aRun,
  openTestDatabase,
  runRow,
  type BuiltRun,
  type TestDatabase,
} from '../../testing/index.js';
import { registerResults } from '../register-results.sql.js';
import { acceptRemake } from './accept-remake.sql.js';
import { listRemakeAccounts } from './list-remake-accounts.sql.js';
import { findRematerialisation, listRematerialisations } from './list-rematerialisations.sql.js';
import { requestRemakes } from './request-remakes.sql.js';
import { settleEndedRemakes } from './settle-ended-remakes.sql.js';
import { startRemakes } from './start-remakes.sql.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('bytes that are made again', () => {
  let test: TestDatabase;
  let db: EntityManager;
  beforeEach(async () => {
    test = await openTestDatabase(10);
    db = test.dataSource.manager;
  });
  afterEach(() => test.close());

  interface Lost {
    readonly maker: BuiltRun;
    readonly itemId: number;
  }

  /** A completed run, the result of its sub-group, whose product `a.fits` has no copy any more. */
  async function aLostProduct(): Promise<Lost> {
    const maker = await aRun(db, { status: 'COMPLETED' });
    await queryRows(
      db,
      sql`UPDATE sub_group SET last_run_id = ${maker.runId}, last_completed_run_id = ${maker.runId}, state = 'current' WHERE id = ${maker.subGroupId} RETURNING id`,
    );
    const itemId = await aProduct(db, maker, { path: 'a.fits', contentHash: sha256('old'), sizeBytes: 3 });
    await queryRows(
      db,
      sql`UPDATE physical_copy SET status = 'DELETED' WHERE item_id = ${itemId} RETURNING id`,
    );
    return { maker, itemId };
  }
  const ask = (itemId: number, options: { waiterRunId?: number; insist?: boolean } = {}) =>
    requestRemakes(db, { itemIds: [itemId], waiterRunId: null, insist: false, actor: 'm', ...options });
  const start = () => startRemakes(db, { limit: 10, actor: 'manager-1' });
  const aWaitingRun = (itemId: number, options: { priority?: number } = {}) =>
    aRun(db, { itemIds: [itemId], notBefore: new Date(Date.now() + 3_600_000), ...options });
  const isDue = async (runId: number): Promise<boolean> =>
    ((await runRow(db, runId))['not_before'] as Date).getTime() <= Date.now();

  /** As if the run had made `content`, or nothing, and is being collected. */
  async function collect(runId: number, content: string | null): Promise<number> {
    const directory = `p/g/s/x-${runId}.1`;
    await anAttempt(db, runId, { directory });
    for (const status of ['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS']) {
      const owner = status === 'SUBMITTED' ? null : 'c';
      await queryRows(
        db,
        sql`UPDATE run SET status = ${status}, attempt = 1, lease_owner = ${owner}::text,
              lease_expires_at = CASE WHEN ${owner}::text IS NOT NULL THEN now() + interval '1 hour' END WHERE id = ${runId} RETURNING id`,
      );
    }
    const products: CollectedProduct[] =
      content === null
        ? []
        : [
            {
              path: 'a.fits',
              sizeBytes: content.length,
              sha256: sha256(content),
              type: 'SCIENCE',
              dims: {},
              metrics: [],
              description: '',
            },
          ];
    const facts = { runId, attempt: 1, host: 'n', exitCode: 0, startedAt: null, endedAt: null };
    return registerResults(db, {
      actor: 'c',
      leaseOwner: 'c',
      results: [
        {
          ...{ runId, attempt: 1, products, metrics: [], warnings: [], outcomes: null },
          facts: { ...facts, cpuSeconds: null, peakMemoryMb: null },
        },
      ],
    });
  }
  const copies = (itemId: number) =>
    queryRows<{ path: string; status: string }>(
      db,
      sql`SELECT path, status FROM physical_copy WHERE item_id = ${itemId} ORDER BY id`,
    );

  it('are asked for once, however many runs need them at the same time', async () => {
    const { itemId } = await aLostProduct();
    const runs = await Promise.all([1, 2, 3].map(() => aWaitingRun(itemId)));
    const asked = await Promise.all(runs.map(({ runId }) => ask(itemId, { waiterRunId: runId })));
    expect(asked.reduce((sum, count) => sum + count, 0)).toBe(1);
    const [found, ...more] = await listRematerialisations(db, {
      state: null,
      productId: itemId,
      before: null,
      limit: 10,
    });
    const ids = runs.map(({ runId }) => runId).sort((a, b) => a - b);
    expect([more, found?.waitingRuns]).toEqual([[], ids]);
  });

  it('are made by one run of the same recipe, as urgent as who waits, however many managers start it', async () => {
    const { maker, itemId } = await aLostProduct();
    const waiter = await aWaitingRun(itemId, { priority: 7 });
    await ask(itemId, { waiterRunId: waiter.runId });
    const started = (await Promise.all([start(), start(), start()])).flat();
    expect(started).toHaveLength(1);
    const [made, original] = [await runRow(db, started[0] ?? 0), await runRow(db, maker.runId)];
    const recipe = (row: Record<string, unknown>) =>
      ['step_id', 'sub_group_id', 'recipe_hash', 'input_set_id', 'software_version_id', 'config', 'dims'].map(
        (name) => row[name],
      );
    expect(recipe(made)).toEqual(recipe(original));
    expect([made['remakes_run_id'], made['priority'], made['status']]).toEqual([maker.runId, 7, 'PENDING']);
  });

  it('wait while another run of their sub-group is active', async () => {
    const { maker, itemId } = await aLostProduct();
    const active = await aRun(db, { step: maker.step, subGroupId: maker.subGroupId });
    await ask(itemId);
    expect(await start()).toEqual([]);
    await queryRows(
      db,
      sql`UPDATE run SET status = 'CANCELLED', finished_at = now() WHERE id = ${active.runId} RETURNING id`,
    );
    expect(await start()).toHaveLength(1);
  });

  it('that are the same are another copy, change nothing else, and let those go on who wait', async () => {
    const { maker, itemId } = await aLostProduct();
    const waiter = await aWaitingRun(itemId);
    await ask(itemId, { waiterRunId: waiter.runId });
    const [remake = 0] = await start();
    const before = await queryRow(db, sql`SELECT * FROM sub_group WHERE id = ${maker.subGroupId}`);
    expect([await collect(remake, 'old'), await collectAgain(remake)]).toEqual([1, 0]);
    expect(await copies(itemId)).toEqual([
      { path: expect.stringContaining(`/${maker.runId}.1/output/a.fits`) as string, status: 'DELETED' },
      { path: `p/g/s/x-${remake}.1/output/a.fits`, status: 'PRESENT' },
    ]);
    expect(await queryRow(db, sql`SELECT * FROM sub_group WHERE id = ${maker.subGroupId}`)).toEqual(before);
    const [products] = await queryRows(
      db,
      sql`SELECT count(*)::int AS count, count(superseded_at)::int AS superseded FROM data_product`,
    );
    expect(products).toEqual({ count: 1, superseded: 0 });
    expect((await runRow(db, remake))['status']).toBe('COMPLETED');
    expect(await isDue(waiter.runId)).toBe(true);
    expect(await listRemakeAccounts(db, [itemId])).toEqual([]);
  });
  const collectAgain = (runId: number) =>
    registerResults(db, {
      actor: 'c',
      leaseOwner: 'c',
      results: [
        {
          ...{ runId, attempt: 1, products: [], metrics: [], warnings: [], outcomes: null },
          facts: {
            ...{ runId, attempt: 1, host: 'n', exitCode: 0, startedAt: null, endedAt: null },
            ...{ cpuSeconds: null, peakMemoryMb: null },
          },
        },
      ],
    });

  it('that are others, or none, are noted, asked for again only by a person, and accepted once', async () => {
    const { maker, itemId } = await aLostProduct();
    const waiter = await aWaitingRun(itemId);
    await ask(itemId, { waiterRunId: waiter.runId });
    const [remake = 0] = await start();
    await collect(remake, 'new');
    expect(await listRemakeAccounts(db, [itemId])).toMatchObject([
      { state: 'different', remakeRunId: remake },
    ]);
    expect((await copies(itemId)).map(({ status }) => status)).toEqual(['DELETED']);
    expect(await ask(itemId)).toBe(0);
    expect(await ask(itemId, { insist: true })).toBe(1);
    const [again = 0] = await start();
    await collect(again, null);
    const [newest, first] = await listRematerialisations(db, {
      state: 'different',
      productId: itemId,
      before: null,
      limit: 10,
    });
    expect(first?.products).toMatchObject([
      { product_id: itemId, outcome: 'different', sha256: sha256('old'), found_sha256: sha256('new') },
    ]);
    expect(newest?.products).toMatchObject([{ outcome: 'absent', found_sha256: null }]);
    const accepted = await acceptRemake(db, { id: newest?.id ?? 0, actor: 'token:ada' });
    expect(accepted).toMatchObject({ subGroupId: maker.subGroupId, waitingRuns: [waiter.runId] });
    expect(await acceptRemake(db, { id: newest?.id ?? 0, actor: 'token:ada' })).toBeUndefined();
    expect((await findRematerialisation(db, newest?.id ?? 0))?.state).toBe('accepted');
  });

  it('of a run that failed for good tell those who wait why', async () => {
    const { itemId } = await aLostProduct();
    const waiter = await aWaitingRun(itemId);
    await ask(itemId, { waiterRunId: waiter.runId });
    const [remake = 0] = await start();
    expect(await settleEndedRemakes(db)).toBe(0);
    await queryRows(
      db,
      sql`UPDATE run SET status = 'FAILED', failure_class = 'SOFTWARE', failure_reason = 'the tool is gone', finished_at = now() WHERE id = ${remake} RETURNING id`,
    );
    expect([await settleEndedRemakes(db), await settleEndedRemakes(db)]).toEqual([1, 0]);
    expect(await listRemakeAccounts(db, [itemId])).toMatchObject([
      { state: 'failed', reason: 'it failed as SOFTWARE: the tool is gone' },
    ]);
    expect(await isDue(waiter.runId)).toBe(true);
    expect(await ask(itemId)).toBe(0);
  });

  it('never leave a run asleep that was put to wait while they were settled', async () => {
    const { itemId } = await aLostProduct();
    const waiter = await aRun(db, { itemIds: [itemId] });
    await ask(itemId, { waiterRunId: waiter.runId });
    const [remake = 0] = await start();
    let collected: Promise<number> = Promise.resolve(0);
    await test.dataSource.transaction(async (transaction) => {
      expect(await listRemakeAccounts(transaction, [itemId])).toMatchObject([{ state: 'making' }]);
      collected = collect(remake, 'old');
      await untilBlocked();
      await queryRows(
        transaction,
        sql`UPDATE run SET not_before = now() + interval '1 hour' WHERE id = ${waiter.runId} RETURNING id`,
      );
    });
    await collected;
    expect(await isDue(waiter.runId)).toBe(true);
  });

  /** Somebody waits for a lock of somebody else. */
  async function untilBlocked(): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
      const row = await queryRow<{ blocked: number }>(
        db,
        sql`SELECT count(*)::int AS blocked FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if ((row?.blocked ?? 0) > 0) return;
    }
    throw new Error('nobody waits');
  }
});
