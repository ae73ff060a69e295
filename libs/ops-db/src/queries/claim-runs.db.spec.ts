import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import {
  aLocation,
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  runHistory,
  runRow,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { claimRuns, type ClaimRequest } from './claim-runs.sql.js';
import { lockClaims } from './lock-claims.sql.js';

describe('claimRuns', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let locationId: number;
  let step: BuiltStep;

  beforeAll(async () => {
    test = await openTestDatabase(8);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    locationId = await aLocation(db);
    step = await aStep(db, { pipeline: await aPipeline(db, { locationId }) });
  });

  const request = (overrides: Partial<ClaimRequest> = {}): ClaimRequest => ({
    actor: 'manager-1',
    leaseOwner: 'manager-1',
    leaseSeconds: 30,
    locationIds: [locationId],
    limit: 20,
    ...overrides,
  });
  const claimLocked = (overrides: Partial<ClaimRequest>): Promise<number[]> =>
    test.dataSource.transaction(async (transaction) => {
      await lockClaims(transaction);
      return claimRuns(transaction, request(overrides));
    });

  it('concurrent claimers never share a run', async () => {
    const made = [];
    for (let n = 0; n < 50; n += 1) made.push((await aRun(db, { step })).runId);
    const claimed = (
      await Promise.all([1, 2, 3, 4].map((n) => claimLocked({ leaseOwner: `manager-${n}` })))
    ).flat();
    expect(claimed.sort((a, b) => a - b)).toEqual(made);
  });

  it('a claimed run is being staged under a lease, and its history says who took it', async () => {
    const { runId } = await aRun(db, { step });
    expect(await claimRuns(db, request())).toEqual([runId]);
    const row = await runRow(db, runId);
    expect(row).toMatchObject({
      status: 'STAGING_DATA',
      lease_owner: 'manager-1',
      moved_by: 'manager-1',
      attempt: 0,
      waiting_reason: null,
    });
    expect((row['lease_expires_at'] as Date).getTime()).toBeGreaterThan(Date.now() + 20_000);
    expect(await runHistory(db, runId)).toEqual(['PENDING', 'STAGING_DATA']);
  });

  it('the most urgent runs go first, the oldest of the same urgency before the younger', async () => {
    const low = await aRun(db, { step, priority: -1 });
    const old = await aRun(db, { step });
    const young = await aRun(db, { step });
    const urgent = await aRun(db, { step, priority: 5 });
    expect(await claimRuns(db, request({ limit: 2 }))).toEqual([old.runId, urgent.runId]);
    expect(await claimRuns(db, request({ limit: 2 }))).toEqual([low.runId, young.runId]);
  });

  it('urgency counts across locations', async () => {
    const elsewhere = await aStep(db);
    await aRun(db, { step });
    const urgent = await aRun(db, { step: elsewhere, priority: 9 });
    expect(
      await claimRuns(db, request({ locationIds: [locationId, elsewhere.locationId], limit: 1 })),
    ).toEqual([urgent.runId]);
  });

  it('runs that are not due, to be cancelled, or somewhere else are left alone', async () => {
    await aRun(db, { step, notBefore: new Date(Date.now() + 3_600_000) });
    await aRun(db, { step, cancelRequestedAt: new Date() });
    await aRun(db, { step: await aStep(db) });
    expect(await claimRuns(db, request())).toEqual([]);
  });

  it.each(['pipeline', 'data_location'])('nothing is claimed while the %s is paused', async (table) => {
    const { runId } = await aRun(db, { step });
    const id = table === 'pipeline' ? step.pipelineId : locationId;
    const setPause = (at: Date | null): Promise<unknown> =>
      queryRows(
        db,
        table === 'pipeline'
          ? sql`UPDATE pipeline SET paused_at = ${at}, paused_by = ${at === null ? null : 'alice'} WHERE id = ${id}`
          : sql`UPDATE data_location SET paused_at = ${at}, paused_by = ${at === null ? null : 'alice'} WHERE id = ${id}`,
      );
    await setPause(new Date());
    expect(await claimRuns(db, request())).toEqual([]);
    await setPause(null);
    expect(await claimRuns(db, request())).toEqual([runId]);
  });

  it('nothing is claimed while the pipeline is disabled', async () => {
    const { runId } = await aRun(db, { step });
    const enable = (enabled: boolean): Promise<unknown> =>
      queryRows(db, sql`UPDATE pipeline SET enabled = ${enabled} WHERE id = ${step.pipelineId}`);
    await enable(false);
    expect(await claimRuns(db, request())).toEqual([]);
    await enable(true);
    expect(await claimRuns(db, request())).toEqual([runId]);
  });

  it('a location never has more active runs than its limit, however many managers claim at once', async () => {
    const limited = await aStep(db, {
      pipeline: await aPipeline(db, { locationId: await aLocation(db, { maxActiveRuns: 5 }) }),
    });
    await aRun(db, { step: limited, status: 'RUNNING' });
    for (let n = 0; n < 12; n += 1) await aRun(db, { step: limited });
    const claims = await Promise.all(
      [1, 2, 3].map((n) =>
        claimLocked({ leaseOwner: `manager-${n}`, locationIds: [limited.locationId], limit: 3 }),
      ),
    );
    expect(claims.flat()).toHaveLength(4);
  });

  it('jobs that wait in the queue of a site count towards its limit, running ones do not', async () => {
    const limited = await aStep(db, {
      pipeline: await aPipeline(db, { locationId: await aLocation(db, { maxJobsInQueue: 3 }) }),
    });
    await aRun(db, { step: limited, status: 'RUNNING' });
    await aRun(db, { step: limited, status: 'SUBMITTED' });
    for (let n = 0; n < 5; n += 1) await aRun(db, { step: limited });
    expect(await claimRuns(db, request({ locationIds: [limited.locationId] }))).toHaveLength(2);
  });

  it('a step never has more active runs than its limit, and a full step does not hide the others', async () => {
    const limited = await aStep(db, { pipeline: step, maxActiveRuns: 2 });
    for (let n = 0; n < 6; n += 1) await aRun(db, { step: limited, priority: 9 });
    const other = await aRun(db, { step });
    expect(await claimRuns(db, request({ limit: 4 }))).toHaveLength(2);
    expect(await claimRuns(db, request({ limit: 4 }))).toEqual([other.runId]);
    expect(await claimRuns(db, request({ limit: 4 }))).toEqual([]);
  });
});
