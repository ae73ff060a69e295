import { sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import {
  aLocation,
  aPipeline,
  aPool,
  aRun,
  aSoftwareVersion,
  aStep,
  openTestDatabase,
  runHistory,
  runRow,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { claimRuns } from './claim-runs.sql.js';
import { noteHeldRuns, type HeldRunsRequest } from './note-held-runs.sql.js';
import { openBreakers } from './open-breakers.sql.js';

describe('noteHeldRuns', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase(8);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    const locationId = await aLocation(db, { name: `lab-${Math.random()}`, maxActiveRuns: 2 });
    step = await aStep(db, { pipeline: await aPipeline(db, { locationId }) });
  });

  const note = (more: Partial<HeldRunsRequest> = {}): Promise<number> =>
    noteHeldRuns(db, { locationIds: [step.locationId], refused: [], limit: 100, ...more });
  const reasonOf = async (runId: number): Promise<unknown> => (await runRow(db, runId))['waiting_reason'];
  const change = (statement: SqlFragment): Promise<unknown> => queryRows(db, statement);
  const nameOf = async (table: 'pipeline' | 'data_location', id: number): Promise<string> => {
    const row = await queryRow<{ name: string }>(
      db,
      table === 'pipeline'
        ? sql`SELECT name FROM pipeline WHERE id = ${id}`
        : sql`SELECT name FROM data_location WHERE id = ${id}`,
    );
    return row?.name ?? '';
  };

  it('says nothing of a run that nothing holds', async () => {
    const { runId } = await aRun(db, { step });
    expect(await note()).toBe(0);
    expect(await reasonOf(runId)).toBeNull();
  });

  it('says who paused the pipeline and why, once, and takes it back when it is resumed', async () => {
    const { runId } = await aRun(db, { step });
    const pipeline = await nameOf('pipeline', step.pipelineId);
    await change(
      sql`UPDATE pipeline SET paused_at = now(), paused_by = 'token:alice', pause_reason = 'bad flats' WHERE id = ${step.pipelineId}`,
    );
    expect(await note()).toBe(1);
    expect(await note()).toBe(0);
    expect(await reasonOf(runId)).toBe(`pipeline ${pipeline} is paused by token:alice: bad flats`);
    await change(sql`UPDATE pipeline SET paused_at = NULL, paused_by = NULL WHERE id = ${step.pipelineId}`);
    expect(await note()).toBe(1);
    expect(await reasonOf(runId)).toBeNull();
  });

  it('moves nothing, writes no event and wakes nobody', async () => {
    const { runId } = await aRun(db, { step });
    const before = await runRow(db, runId);
    await change(sql`UPDATE pipeline SET enabled = false WHERE id = ${step.pipelineId}`);
    expect(await note()).toBe(1);
    expect(await runHistory(db, runId)).toEqual(['PENDING']);
    const reason = `pipeline ${await nameOf('pipeline', step.pipelineId)} is disabled`;
    expect(await runRow(db, runId)).toEqual({ ...before, waiting_reason: reason });
  });

  it.each([
    [
      'is paused',
      sql`paused_at = now(), paused_by = 'token:bob', pause_reason = NULL`,
      'is paused by token:bob',
    ],
    [
      'is not healthy',
      sql`health = '{"ok": false, "message": "the key was refused"}', health_checked_at = now() + interval '1 minute'`,
      'takes no new runs now: the key was refused',
    ],
  ])('says that the location %s', async (_, columns, expected) => {
    const { runId } = await aRun(db, { step });
    await change(sql`UPDATE data_location SET ${columns} WHERE id = ${step.locationId}`);
    await note();
    expect(await reasonOf(runId)).toBe(
      `location ${await nameOf('data_location', step.locationId)} ${expected}`,
    );
  });

  it('says why the manager itself gives a location nothing', async () => {
    const { runId } = await aRun(db, { step });
    const refused = [{ locationId: step.locationId, reason: 'its base path is not there' }];
    await note({ refused });
    expect(await reasonOf(runId)).toMatch(
      /^location lab-\S+ takes no new runs now: its base path is not there$/,
    );
  });

  it('says what is wrong with the image, or that it is being made ready', async () => {
    const software = await aSoftwareVersion(db, { imageRef: '/images/tool.sif' });
    const contained = await aStep(db, { pipeline: step, software });
    const { runId } = await aRun(db, { step: contained });
    await change(
      sql`INSERT INTO location_image (location_id, image, wanted_digest, busy_owner, retry_at)
          SELECT ${step.locationId}, image_ref, coalesce(image_digest, ''), 'manager-1', now() + interval '1 minute'
          FROM reduction_software_version WHERE id = ${software.versionId} RETURNING image`,
    );
    await note();
    expect(await reasonOf(runId)).toMatch(
      /^image \/images\/tool.sif is being made ready at location lab-\S+$/,
    );
    await change(
      sql`UPDATE location_image SET busy_owner = NULL, problem = '/images/tool.sif is not there' WHERE location_id = ${step.locationId}`,
    );
    await note();
    expect(await reasonOf(runId)).toBe('/images/tool.sif is not there');
  });

  it('says what a kill stopped', async () => {
    const { runId } = await aRun(db, { step });
    const kill = await queryRow<{ id: number }>(
      db,
      sql`INSERT INTO kill_request (scope, pipeline_id, reason, requested_by)
          VALUES ('pipeline', ${step.pipelineId}, 'wrong calibration', 'token:alice') RETURNING id`,
    );
    await note();
    expect(await reasonOf(runId)).toBe(`kill ${kill?.id} by token:alice stops it: wrong calibration`);
  });

  it('says that the location is full, and leaves it at that while runs come and go', async () => {
    const active = [];
    for (let n = 0; n < 2; n += 1) active.push(await aRun(db, { step, status: 'RUNNING' }));
    const { runId } = await aRun(db, { step });
    await note();
    const location = await nameOf('data_location', step.locationId);
    expect(await reasonOf(runId)).toBe(
      `location ${location} is full: 2 of 2 runs are active (max_active_runs)`,
    );
    await change(sql`UPDATE run SET status = 'COLLECTING_RESULTS' WHERE id = ${active[0]?.runId}`);
    await change(
      sql`UPDATE run SET status = 'COMPLETED', finished_at = now() WHERE id = ${active[0]?.runId}`,
    );
    const { runId: young } = await aRun(db, { step });
    expect(await note()).toBe(0);
    expect(await reasonOf(young)).toBeNull();
    await change(sql`UPDATE data_location SET max_active_runs = 50 WHERE id = ${step.locationId}`);
    expect(await note()).toBe(1);
    expect(await reasonOf(runId)).toBeNull();
  });

  it('says that the queue of the location is full', async () => {
    await change(
      sql`UPDATE data_location SET max_active_runs = NULL, max_jobs_in_queue = 1 WHERE id = ${step.locationId}`,
    );
    await aRun(db, { step, status: 'SUBMITTED' });
    const { runId } = await aRun(db, { step });
    await note();
    const location = await nameOf('data_location', step.locationId);
    expect(await reasonOf(runId)).toBe(
      `location ${location} has 1 of 1 jobs in its queue (max_jobs_in_queue)`,
    );
  });

  it('says that the step has all the runs that it may have', async () => {
    const limited = await aStep(db, { pipeline: step, name: 'mosaic', maxActiveRuns: 1 });
    await aRun(db, { step: limited, status: 'RUNNING' });
    const held = await aRun(db, { step: limited });
    const free = await aRun(db, { step });
    await note();
    expect(await reasonOf(held.runId)).toBe('step mosaic has 1 of 1 runs active (max_active_runs)');
    expect(await reasonOf(free.runId)).toBeNull();
  });

  it('says that the pool is in use, and by how many', async () => {
    const pool = await aPool(db, 2, 'gpu');
    const pooled = await aStep(db, { pipeline: step, pool });
    const elsewhere = await aStep(db, { pool });
    const active = [await aRun(db, { step: elsewhere, status: 'RUNNING' })];
    const { runId } = await aRun(db, { step: pooled });
    await note();
    expect(await reasonOf(runId)).toBeNull();
    active.push(await aRun(db, { step: elsewhere, status: 'SUBMITTING' }));
    await note();
    expect(await reasonOf(runId)).toBe('waits for pool gpu (2 of 2 in use)');
    await change(
      sql`UPDATE run_pool SET paused_at = now(), paused_by = 'token:ada', pause_reason = 'new drivers' WHERE name = 'gpu'`,
    );
    await note();
    expect(await reasonOf(runId)).toBe('pool gpu is paused by token:ada: new drivers');
  });

  it('says who paused the step and why, and takes it back', async () => {
    const paused = await aStep(db, { pipeline: step, name: 'mosaic' });
    const { runId } = await aRun(db, { step: paused });
    await change(
      sql`UPDATE reduction_step SET paused_at = now(), paused_by = 'token:ada', pause_reason = 'bad flats' WHERE id = ${paused.stepId}`,
    );
    await note();
    expect(await reasonOf(runId)).toBe('step mosaic is paused by token:ada: bad flats');
    await change(
      sql`UPDATE reduction_step SET paused_at = NULL, paused_by = NULL WHERE id = ${paused.stepId}`,
    );
    await note();
    expect(await reasonOf(runId)).toBeNull();
  });

  it('names the circuit breaker, what opened it and when it is tried again', async () => {
    const { runId } = await aRun(db, { step });
    const trip = { failureClass: 'SOFTWARE', failures: 5, outcomes: 6, coolDownSeconds: 60 } as const;
    const { locationId, stepId } = step;
    const [id] = await openBreakers(db, [{ locationId, stepId, ...trip, lastFailure: 'exit code 1' }]);
    await note();
    const location = await nameOf('data_location', step.locationId);
    expect(await reasonOf(runId)).toMatch(
      new RegExp(
        `^circuit breaker ${id} is open: 5 of the last 6 attempts of step ${step.name} at location ${location} ` +
          `failed as SOFTWARE, the last one because exit code 1; one run tries it again from \\d{4}-\\d\\d-\\d\\dT\\S+Z on$`,
      ),
    );
    expect(await note()).toBe(0);
  });

  it('leaves alone what is not due, is to be cancelled, is somewhere else or is not PENDING', async () => {
    await change(sql`UPDATE pipeline SET enabled = false WHERE id = ${step.pipelineId}`);
    const runs = [
      await aRun(db, { step, notBefore: new Date(Date.now() + 3_600_000) }),
      await aRun(db, { step, cancelRequestedAt: new Date() }),
      await aRun(db, { step, status: 'RUNNING' }),
    ];
    const { runId: elsewhere } = await aRun(db, { step: await aStep(db) });
    await change(sql`UPDATE run SET waiting_reason = 'as it was' WHERE id = ${elsewhere}`);
    expect(await note()).toBe(0);
    for (const { runId } of runs) expect(await reasonOf(runId)).toBeNull();
    expect(await reasonOf(elsewhere)).toBe('as it was');
  });

  it('notes no more than a batch at a time, and two managers at once note each run once', async () => {
    await change(sql`UPDATE pipeline SET enabled = false WHERE id = ${step.pipelineId}`);
    for (let n = 0; n < 9; n += 1) await aRun(db, { step });
    expect(await note({ limit: 4 })).toBe(4);
    const [a, b] = await Promise.all([note(), note()]);
    expect(a + b + (await note())).toBe(5);
  });

  it('is taken back by the claim', async () => {
    const { runId } = await aRun(db, { step });
    await change(sql`UPDATE run SET waiting_reason = 'it waited' WHERE id = ${runId}`);
    const claim = { actor: 'm', leaseOwner: 'm', leaseSeconds: 30, locationIds: [step.locationId], limit: 5 };
    expect(await claimRuns(db, claim)).toEqual([runId]);
    expect(await reasonOf(runId)).toBeNull();
  });
});
