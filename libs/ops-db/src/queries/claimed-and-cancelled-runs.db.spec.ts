import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import {
  aLocation,
  aProduct,
  aRawFile,
  aRun,
  aStep,
  bindInput,
  openTestDatabase,
  runHistory,
  runRow,
  type TestDatabase,
} from '../testing/index.js';
import { cancelAbsentRuns } from './cancel-absent-runs.sql.js';
import { cancelWaitingRuns } from './cancel-waiting-runs.sql.js';
import { listCancellations } from './list-cancellations.sql.js';
import { loadClaimedRuns } from './load-claimed-runs.sql.js';
import { loadInputs } from './load-inputs.sql.js';

const ME = 'manager-1';
const OTHER = 'manager-2';
const live = (owner: string) => ({ owner, expiresAt: new Date(Date.now() + 60_000) });
const expired = (owner: string) => ({ owner, expiresAt: new Date(Date.now() - 1_000) });

describe('what the workflow-manager reads and cancels', () => {
  let test: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    test = await openTestDatabase();
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());

  describe('cancellation', () => {
    it('ends what was not submitted, unless another manager is at work on it', async () => {
      const cancelRequestedAt = new Date();
      await cancelWaitingRuns(db, { actor: ME, leaseOwner: ME, limit: 10 });
      const pending = await aRun(db, { cancelRequestedAt });
      const orphan = await aRun(db, { status: 'STAGING_DATA', lease: expired(OTHER), cancelRequestedAt });
      const mine = await aRun(db, { status: 'STAGING_DATA', lease: live(ME), cancelRequestedAt });
      const theirs = await aRun(db, { status: 'STAGING_DATA', lease: live(OTHER), cancelRequestedAt });
      expect(await cancelWaitingRuns(db, { actor: ME, leaseOwner: ME, limit: 10 })).toBe(3);
      const statuses = await Promise.all(
        [pending, orphan, mine, theirs].map(({ runId }) => runHistory(db, runId)),
      );
      expect(statuses.map((history) => history.at(-1))).toEqual([
        'CANCELLED',
        'CANCELLED',
        'CANCELLED',
        'STAGING_DATA',
      ]);
      expect(await runRow(db, pending.runId)).toMatchObject({
        moved_why: 'cancelled by token:test',
        lease_owner: null,
      });
    });

    it('lists the jobs of submitted and running runs, without those just told', async () => {
      const step = await aStep(db);
      const cancelRequestedAt = new Date();
      const submitted = await aRun(db, { step, status: 'SUBMITTED', jobId: '1', cancelRequestedAt });
      const running = await aRun(db, { step, status: 'RUNNING', jobId: '2', cancelRequestedAt });
      await aRun(db, { step, status: 'RUNNING' });
      await aRun(db, { step, status: 'SUBMITTING', cancelRequestedAt });
      const list = (exceptRunIds: number[]) =>
        listCancellations(db, { locationIds: [step.locationId], exceptRunIds, limit: 10 });
      expect(await list([])).toEqual([
        { runId: submitted.runId, locationId: step.locationId, jobId: '1' },
        { runId: running.runId, locationId: step.locationId, jobId: '2' },
      ]);
      expect(await list([submitted.runId])).toEqual([
        { runId: running.runId, locationId: step.locationId, jobId: '2' },
      ]);
    });

    it('ends a run whose submission provably never arrived, with its attempt', async () => {
      const { runId } = await aRun(db, {
        status: 'SUBMITTING',
        lease: live(ME),
        cancelRequestedAt: new Date(),
      });
      const wanted = await aRun(db, { status: 'SUBMITTING', lease: live(ME) });
      expect(await cancelAbsentRuns(db, { actor: ME, leaseOwner: ME, runIds: [runId, wanted.runId] })).toBe(
        1,
      );
      expect(await runRow(db, runId)).toMatchObject({ status: 'CANCELLED' });
      expect(await queryRow(db, sql`SELECT * FROM attempt WHERE run_id = ${runId}`)).toMatchObject({
        ended_at: expect.any(Date),
        job_id: null,
      });
    });
  });

  describe('loading', () => {
    it('a step is final when no living step depends on it', async () => {
      const first = await aStep(db);
      const last = await aStep(db, { pipeline: first, dependsOn: [first] });
      const runs = [
        await aRun(db, { step: first, status: 'STAGING_DATA', lease: live(ME) }),
        await aRun(db, { step: last, status: 'STAGING_DATA', lease: live(ME) }),
      ];
      const load = async (): Promise<boolean[]> =>
        (
          await loadClaimedRuns(
            db,
            ME,
            runs.map((run) => run.runId),
          )
        ).map((run) => run.isFinalStep);
      expect(await load()).toEqual([false, true]);
      await queryRow(db, sql`UPDATE reduction_step SET retired_at = now() WHERE id = ${last.stepId}`);
      expect(await load()).toEqual([true, true]);
    });

    it('only the lease holder gets a run to stage', async () => {
      const { runId } = await aRun(db, { status: 'STAGING_DATA', lease: live(OTHER) });
      expect(await loadClaimedRuns(db, ME, [runId])).toEqual([]);
    });

    it('what an association bound comes beside the members, and the run says how it was chosen', async () => {
      const item = await aRawFile(db);
      const dark = await aRawFile(db);
      const run = await aRun(db, { itemIds: [item], status: 'STAGING_DATA', lease: live(ME) });
      await bindInput(db, run, item, { name: 'reference' });
      await bindInput(db, run, dark, {
        name: 'dark',
        role: 'after',
        method: 'extrapolated',
        offsetSeconds: 5.5,
      });
      const inputs = await loadInputs(db, run.step.locationId, [run.inputSetId]);
      expect(inputs.map(({ itemId, binding }) => [itemId, binding])).toEqual([
        [item, ''],
        [item, 'reference'],
        [dark, 'dark'],
      ]);
      const [claimed] = await loadClaimedRuns(db, ME, [run.runId]);
      expect(claimed?.bindings).toEqual([
        {
          binding: 'dark',
          itemId: dark,
          role: 'after',
          method: 'extrapolated',
          offsetSeconds: 5.5,
          weight: 1,
        },
        {
          binding: 'reference',
          itemId: item,
          role: 'only',
          method: 'nearest',
          offsetSeconds: -60,
          weight: 1,
        },
      ]);
    });

    it('inputs come with their usable copies, the local one first', async () => {
      const upstream = await aRun(db, { status: 'COMPLETED' });
      const archive = await aLocation(db, {
        kind: 'LONG_TERM_ARCHIVE',
        name: 'archive',
        basePath: '/archive',
      });
      const raw = await aRawFile(db, {
        name: 'a.fits',
        sizeBytes: 7,
        copy: { locationId: archive, path: 'raw/a.fits' },
      });
      const lost = await aRawFile(db, {
        name: 'b.fits',
        copy: { locationId: archive, path: 'raw/b.fits', status: 'MISSING' },
      });
      const product = await aProduct(db, upstream, { path: 'science/c.fits', type: 'SCIENCE' });
      const run = await aRun(db, { step: upstream.step, itemIds: [raw, lost, product] });
      const inputs = await loadInputs(db, run.step.locationId, [run.inputSetId]);
      expect(
        inputs.map(({ itemId, name, productType, copies }) => ({ itemId, name, productType, copies })),
      ).toMatchObject([
        {
          itemId: raw,
          name: 'a.fits',
          productType: null,
          copies: [{ location: 'archive', basePath: '/archive', path: 'raw/a.fits', isLocal: false }],
        },
        { itemId: lost, name: 'b.fits', productType: null, copies: [] },
        {
          itemId: product,
          name: 'c.fits',
          productType: 'SCIENCE',
          copies: [
            expect.objectContaining({
              path: `p/g/s/${upstream.runId}.1/output/science/c.fits`,
              isLocal: true,
            }),
          ],
        },
      ]);
    });
  });
});
