import { sql, type FailureClass } from '@meridian/core';
import { createLogger, type Logger } from '@meridian/daemon';
import { listBreakers, opsDataSource, queryRows, resetBreaker, type BreakerRow } from '@meridian/ops-db';
import { aRun, type BuiltStep } from '@meridian/ops-db/testing';
import type { DataSource } from 'typeorm';
import { endSubmittedJob } from '../testing/end-submitted-job.js';
import { Life, mortalDataSource } from '../testing/mortal.js';
import { aManager, aPendingRun, aWorkshopStep, openWorkshop, type Workshop } from '../testing/workshop.js';
import { TripBreakersPass } from './trip-breakers.pass.js';

describe('a circuit breaker', () => {
  let shop: Workshop;
  let step: BuiltStep;
  let clock: number;
  let logger: Logger;
  beforeAll(async () => {
    shop = await openWorkshop();
    logger = await createLogger({ name: 'test', level: 'fatal', format: 'json' });
  });
  afterAll(() => shop.close());
  beforeEach(async () => {
    step = await aWorkshopStep(shop);
    clock = Date.now();
  });

  const breakersOf = async (of: BuiltStep): Promise<BreakerRow[]> => {
    const all = await listBreakers(shop.db, { after: null, limit: 1_000 });
    return all.filter((breaker) => breaker.step === of.name);
  };
  const onlyBreaker = async (): Promise<BreakerRow> => {
    const [breaker, ...others] = await breakersOf(step);
    if (breaker === undefined || others.length > 0)
      throw new Error(`there are ${others.length + 1} breakers`);
    return breaker;
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const rows = await queryRows<{ status: string; n: number }>(
      shop.db,
      sql`SELECT status, count(*)::int AS n FROM run WHERE step_id = ${step.stepId} GROUP BY status`,
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  };
  const auditOf = async ({ id }: BreakerRow): Promise<string[]> => {
    const rows = await queryRows<{ action: string }>(
      shop.db,
      sql`SELECT action FROM audit_log WHERE target = ${`breaker:${id}`} ORDER BY id`,
    );
    return rows.map(({ action }) => action);
  };
  const coolDown = (): Promise<unknown> =>
    queryRows(
      shop.db,
      sql`UPDATE circuit_breaker SET retry_at = now() WHERE is_open AND step_id = ${step.stepId}`,
    );
  const dueAgain = (): Promise<unknown> =>
    queryRows(shop.db, sql`UPDATE run SET not_before = now() WHERE status = 'PENDING'`);
  /** A tick of both managers at once, ten seconds after the one before. */
  const twoManagers = async (batchSize = 2): Promise<() => Promise<void>> => {
    const managers = await Promise.all(
      ['a', 'b'].map((owner) => aManager(shop, { owner, batchSize, now: () => new Date(clock) })),
    );
    return async () => {
      clock += 10_000;
      await Promise.all(managers.map((manager) => manager.tick()));
    };
  };
  const endJob = (runId: number, failureClass: FailureClass | null): Promise<void> =>
    endSubmittedJob(shop.db, runId, failureClass);
  /** A run of the step that fails at once, beside what the managers do. */
  const failOne = async (failureClass: FailureClass = 'SOFTWARE'): Promise<void> => {
    const { runId } = await aRun(shop.db, { step, status: 'SUBMITTED' });
    await endJob(runId, failureClass);
  };
  const tripsAlone = (owner: string, dataSource: DataSource = shop.test.dataSource): TripBreakersPass =>
    new TripBreakersPass({
      dataSource,
      owner,
      rule: { failures: 3, of: 5, windowSeconds: 3600, coolDownSeconds: 60, maxCoolDownSeconds: 600 },
      batchSize: 50,
      now: () => new Date(clock),
      logger,
    });
  const { signal } = new AbortController();

  it('opens while a site rejects every job, tries one run after each cool-down, and closes when that succeeds', async () => {
    for (let n = 0; n < 30; n += 1) await aPendingRun(shop, step);
    shop.site.failNextSubmits('reject', 1_000);
    const tick = await twoManagers();
    for (let n = 0; n < 6; n += 1) await tick();

    const opened = await onlyBreaker();
    expect(opened).toMatchObject({ state: 'open', failureClass: 'INFRASTRUCTURE', openings: 1 });
    const attempts = (): Promise<unknown[]> =>
      queryRows(
        shop.db,
        sql`SELECT FROM attempt JOIN run ON run.id = attempt.run_id WHERE run.step_id = ${step.stepId}`,
      );
    const rejected = (await attempts()).length;
    expect(rejected).toBeGreaterThanOrEqual(5);
    // Two managers with two runs each, and one more round while the other judges.
    expect(rejected).toBeLessThanOrEqual(12);
    await dueAgain();
    await tick();
    const reasons = await queryRows<{ reason: string }>(
      shop.db,
      sql`SELECT DISTINCT waiting_reason AS reason FROM run WHERE step_id = ${step.stepId}`,
    );
    expect(reasons).toHaveLength(1);
    expect(reasons[0]?.reason).toMatch(
      new RegExp(
        `^circuit breaker ${opened.id} is open: .* failed as INFRASTRUCTURE, the last one because location \\S+ rejected the job`,
      ),
    );

    await coolDown();
    await tick();
    await tick();
    const again = await onlyBreaker();
    expect(again).toMatchObject({ id: opened.id, state: 'open', openings: 2, probeRunId: null });
    expect(again.retryAt.getTime() - Date.now()).toBeGreaterThan(100_000);
    expect(await attempts()).toHaveLength(rejected + 1);

    while (shop.site.takeSubmitFault() !== undefined);
    await coolDown();
    await tick();
    await tick();
    expect(await statuses()).toEqual({ PENDING: 29, SUBMITTED: 1 });
    const { probeRunId } = await onlyBreaker();
    await endJob(probeRunId ?? 0, null);
    for (let n = 0; n < 15; n += 1) {
      await dueAgain();
      await tick();
    }
    expect(await onlyBreaker()).toMatchObject({ state: 'closed', closedBy: expect.stringMatching(/^[ab]$/) });
    expect(await statuses()).toEqual({ COMPLETED: 1, SUBMITTED: 29 });
    expect(await auditOf(opened)).toEqual(['breaker.open', 'breaker.reopen', 'breaker.close']);
  });

  it.each<[string, (runId: number) => Promise<void>]>([
    ['fails in another way', (runId) => endJob(runId, 'BAD_DATA')],
    [
      'is cancelled',
      async (runId) => {
        await queryRows(
          shop.db,
          sql`UPDATE run SET cancel_requested_at = now(), cancel_requested_by = 'token:alice' WHERE id = ${runId}`,
        );
        await endJob(runId, null);
      },
    ],
  ])('stays half-open when its probe %s: the next run is the probe', async (_, end) => {
    for (let n = 0; n < 5; n += 1) await failOne();
    const waiting = [
      await aPendingRun(shop, step),
      await aPendingRun(shop, step),
      await aPendingRun(shop, step),
    ];
    const tick = await twoManagers();
    await tick();
    expect(await onlyBreaker()).toMatchObject({ state: 'open', failureClass: 'SOFTWARE' });
    await coolDown();
    await tick();
    expect(await onlyBreaker()).toMatchObject({ state: 'half_open', probeRunId: waiting[0]?.runId });
    await end(waiting[0]?.runId ?? 0);
    await tick();
    expect(await onlyBreaker()).toMatchObject({
      state: 'half_open',
      openings: 1,
      probeRunId: waiting[1]?.runId,
    });
    expect((await statuses())['SUBMITTED']).toBe(1);
  });

  it('that a person resets lets everything go and does not open for what was before', async () => {
    for (let n = 0; n < 5; n += 1) await failOne();
    for (let n = 0; n < 3; n += 1) await aPendingRun(shop, step);
    const tick = await twoManagers(10);
    await tick();
    await resetBreaker(shop.db, { id: (await onlyBreaker()).id, actor: 'token:alice' });
    await failOne();
    await tick();
    expect(await statuses()).toEqual({ FAILED: 6, SUBMITTED: 3 });
    expect(await onlyBreaker()).toMatchObject({ state: 'closed', closedBy: 'token:alice' });
  });

  it('does not open for failures that are about one input', async () => {
    for (let n = 0; n < 12; n += 1) await failOne('BAD_DATA');
    await (
      await twoManagers()
    )();
    expect(await breakersOf(step)).toEqual([]);
  });

  it('is one, however many managers judge at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      step = await aWorkshopStep(shop);
      for (let n = 0; n < 4; n += 1) await failOne();
      await Promise.all(['a', 'b', 'c'].map((owner) => tripsAlone(owner).run(signal)));
      const breaker = await onlyBreaker();
      expect(breaker).toMatchObject({ state: 'open', failures: 4, outcomes: 4, openings: 1 });
      expect(await auditOf(breaker)).toEqual(['breaker.open']);
    }
  });

  it('takes a failed probe for one, however many managers judge it at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      step = await aWorkshopStep(shop);
      for (let n = 0; n < 3; n += 1) await failOne();
      await tripsAlone('first').run(signal);
      await coolDown();
      const { runId } = await aPendingRun(shop, step);
      await (await aManager(shop, { owner: 'first' })).submit.run(signal);
      await endJob(runId, 'SOFTWARE');
      await Promise.all(['a', 'b', 'c'].map((owner) => tripsAlone(owner).run(signal)));
      const breaker = await onlyBreaker();
      expect(breaker).toMatchObject({ state: 'open', openings: 2, probeRunId: null });
      expect(await auditOf(breaker)).toEqual(['breaker.open', 'breaker.reopen']);
    }
  });

  describe.each(['before', 'after'] as const)('of a manager that is killed %s any statement', (dies) => {
    /** Runs the pass in a process that dies at each of its statements in turn, each time in a new world, and then in one that lives. */
    const killedEverywhere = async (
      world: () => Promise<void>,
      check: (died: string) => Promise<void>,
    ): Promise<void> => {
      for (let statements = 1; ; statements += 1) {
        await world();
        const life = new Life(statements, dies);
        const dataSource = mortalDataSource(
          await opsDataSource({ url: shop.test.url, applicationName: 'mortal', poolSize: 2 }).initialize(),
          life,
        );
        await tripsAlone('mortal', dataSource)
          .run(signal)
          .catch((error: unknown) => {
            if (!life.died) throw error;
          });
        await dataSource.destroy();
        await tripsAlone('heir').run(signal);
        await check(life.lastStep);
        if (!life.died) return;
        expect(statements).toBeLessThan(50);
      }
    };

    it('opens once', async () => {
      await killedEverywhere(
        async () => {
          step = await aWorkshopStep(shop);
          for (let n = 0; n < 3; n += 1) await failOne();
        },
        async (died) => {
          const breaker = await onlyBreaker();
          expect({ died, ...breaker }).toMatchObject({ state: 'open', openings: 1, failures: 3 });
          expect(await auditOf(breaker)).toEqual(['breaker.open']);
        },
      );
    });

    it('judges a probe once', async () => {
      await killedEverywhere(
        async () => {
          step = await aWorkshopStep(shop);
          for (let n = 0; n < 3; n += 1) await failOne();
          await tripsAlone('first').run(signal);
          await coolDown();
          const { runId } = await aPendingRun(shop, step);
          await (await aManager(shop, { owner: 'first' })).submit.run(signal);
          await endJob(runId, 'SOFTWARE');
        },
        async (died) => {
          const breaker = await onlyBreaker();
          expect({ died, ...breaker }).toMatchObject({ state: 'open', openings: 2, probeRunId: null });
          expect(await auditOf(breaker)).toEqual(['breaker.open', 'breaker.reopen']);
        },
      );
    });
  });
});
