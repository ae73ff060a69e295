import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql, type JobToken } from '@meridian/core';
import { queryRow } from '@meridian/ops-db';
import { runHistory, runRow, type BuiltStep } from '@meridian/ops-db/testing';
import {
  aManager,
  anHourPasses,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Manager,
  type Workshop,
} from '../testing/workshop.js';

describe('ReconcileSubmissionsPass and CancelRunsPass', () => {
  let shop: Workshop;
  let step: BuiltStep;
  let manager: Manager;
  const { signal } = new AbortController();
  beforeAll(async () => {
    shop = await openWorkshop();
    step = await aWorkshopStep(shop);
  });
  afterAll(() => shop.close());
  beforeEach(async () => {
    manager = await aManager(shop, { owner: 'manager-1' });
  });

  /** A run that was submitted, with nothing known of the outcome; its attempt directory. */
  async function aLostRun(): Promise<{ runId: number; directory: string; token: JobToken }> {
    const { runId } = await aPendingRun(shop, step);
    shop.site.failNextSubmits('unknown_before');
    await manager.submit.run(signal);
    const row = await queryRow<{ directory: string; token: JobToken }>(
      shop.db,
      sql`SELECT directory, token FROM attempt WHERE run_id = ${runId}`,
    );
    if (row === undefined) throw new Error('nothing was intended');
    await anHourPasses(shop);
    return { runId, directory: join(shop.base, row.directory), token: row.token };
  }
  const requestCancellation = (runId: number): Promise<unknown> =>
    queryRow(
      shop.db,
      sql`UPDATE run SET cancel_requested_at = now(), cancel_requested_by = 'token:alice', cancel_reason = 'wrong target' WHERE id = ${runId}`,
    );

  it('a job that claimed its directory is adopted, though the site has forgotten it', async () => {
    const { runId, directory } = await aLostRun();
    await mkdir(join(directory, 'claim'));
    await queryRow(
      shop.db,
      sql`UPDATE attempt SET intended_at = now() WHERE run_id = ${runId} RETURNING run_id`,
    );
    expect(await manager.reconcile.run(signal)).toBe(0);
    expect(await runRow(shop.db, runId)).toMatchObject({
      status: 'SUBMITTING',
      waiting_reason: 'its job has begun and has not yet written its id',
    });
    await writeFile(join(directory, 'claim/job'), '4711\n');
    await anHourPasses(shop);
    expect(await manager.reconcile.run(signal)).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({
      status: 'SUBMITTED',
      moved_why: 'found by its claim marker as job 4711',
    });
  });

  it('a lost submission whose directory is gone is tried again as another attempt', async () => {
    const { runId, directory } = await aLostRun();
    await rm(dirname(directory), { recursive: true });
    expect(await manager.reconcile.run(signal)).toBe(1);
    expect(await runHistory(shop.db, runId)).toEqual([
      'PENDING',
      'STAGING_DATA',
      'SUBMITTING',
      'FAILED',
      'PENDING',
    ]);
  });

  it('a lost submission of a run that nobody wants any more ends it', async () => {
    const { runId, token } = await aLostRun();
    await requestCancellation(runId);
    expect(await manager.reconcile.run(signal)).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({
      status: 'CANCELLED',
      moved_why: 'cancelled by token:alice: wrong target',
    });
    expect(shop.site.jobOf(token)).toBeUndefined();
  });

  it('a waiting run that nobody wants any more is cancelled at once', async () => {
    const { runId } = await aPendingRun(shop, step);
    await requestCancellation(runId);
    expect(await manager.cancel.run(signal)).toBe(1);
    expect(await runHistory(shop.db, runId)).toEqual(['PENDING', 'CANCELLED']);
  });

  it('a submitted job is told to stop once in a while, and its run stays until the site says that it has', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const cancelling = await aManager(shop, { owner: 'manager-2', now: () => now });
    const { runId } = await aPendingRun(shop, step);
    await cancelling.submit.run(signal);
    await requestCancellation(runId);
    const told = async (): Promise<number> => {
      const before = shop.site.requests.cancel;
      await cancelling.cancel.run(signal);
      return shop.site.requests.cancel - before;
    };
    expect([await told(), await told()]).toEqual([1, 0]);
    now = new Date('2026-01-01T00:00:31Z');
    expect(await told()).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTED' });
    const jobId = shop.site.jobOf(shop.tokenOf({ runId }));
    expect(jobId === undefined ? null : shop.site.observation(jobId)).toMatchObject({
      kind: 'finished',
      state: 'CANCELLED',
    });
  });

  it('a job that ended before it could write its id is tried again as another attempt', async () => {
    const { runId, directory } = await aLostRun();
    await mkdir(join(directory, 'claim'));
    expect(await manager.reconcile.run(signal)).toBe(1);
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'PENDING', failure_count: 1 });
  });
});
