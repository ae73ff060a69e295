import { sql, type AttemptOutcome, type FailureClass, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import {
  aPipeline,
  aRun,
  aStep,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { claimRuns } from './claim-runs.sql.js';
import { failRuns } from './fail-runs.sql.js';
import { findBreaker, listBreakers } from './list-breakers.sql.js';
import { loadBreakerOutcomes } from './load-breaker-outcomes.sql.js';
import { loadBreakerProbes } from './load-breaker-probes.sql.js';
import { lockBreakers } from './lock-breakers.sql.js';
import { openBreakers } from './open-breakers.sql.js';
import { releaseRuns } from './release-runs.sql.js';
import { resetBreaker } from './reset-breaker.sql.js';
import { settleBreakerProbes } from './settle-breaker-probes.sql.js';

describe('circuit breakers', () => {
  let test: TestDatabase;
  let db: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    test = await openTestDatabase(8);
    db = test.dataSource.manager;
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    step = await aStep(db);
  });

  const open = async (options: {
    failureClass?: FailureClass;
    coolDownSeconds?: number;
    of?: BuiltStep;
  }): Promise<number> => {
    const { failureClass = 'SOFTWARE', coolDownSeconds = 0, of = step } = options;
    const [id] = await openBreakers(db, [
      {
        locationId: of.locationId,
        stepId: of.stepId,
        failureClass,
        failures: 5,
        outcomes: 6,
        lastFailure: 'exit code 1',
        coolDownSeconds,
      },
    ]);
    if (id === undefined) throw new Error('the breaker was open already');
    return id;
  };
  const claim = (manager: EntityManager = db, owner = 'manager-1', limit = 20): Promise<number[]> =>
    claimRuns(manager, {
      actor: owner,
      leaseOwner: owner,
      leaseSeconds: 30,
      locationIds: [step.locationId],
      limit,
    });
  const fail = (runId: number, fromStatus: RunStatus, failureClass: FailureClass = 'SOFTWARE') =>
    failRuns(db, {
      actor: 'tester',
      failures: [
        {
          runId,
          fromStatus,
          failureClass,
          reason: `it failed as ${failureClass}`,
          retry: { delaySeconds: 0, resources: { cpus: 1, memoryMb: 1024, walltimeMinutes: 60 } },
        },
      ],
    });
  const outcomes = (): Promise<AttemptOutcome[]> =>
    loadBreakerOutcomes(db, { scopes: [step], perScope: 100 });
  it('two managers that open the same breaker at once give one row', async () => {
    const trip = {
      locationId: step.locationId,
      stepId: step.stepId,
      failureClass: 'SOFTWARE' as const,
      failures: 5,
      outcomes: 6,
      lastFailure: 'exit code 1',
      coolDownSeconds: 60,
    };
    const opened = await Promise.all([1, 2, 3, 4].map(() => openBreakers(db, [trip])));
    expect(opened.flat()).toHaveLength(1);
    const rows = await queryRows(db, sql`SELECT id FROM circuit_breaker WHERE step_id = ${step.stepId}`);
    expect(rows).toHaveLength(1);
  });

  describe('claims', () => {
    it('stop for the step at the location, and only for that', async () => {
      await open({ coolDownSeconds: 60 });
      const other = await aStep(db, { pipeline: step });
      const elsewhere: BuiltStep = {
        ...step,
        locationId: (await aPipeline(db)).locationId,
      };
      await aRun(db, { step, priority: 9 });
      const free = await aRun(db, { step: other });
      const away = await aRun(db, { step: elsewhere });
      expect(await claim()).toEqual([free.runId]);
      const claimedAway = await claimRuns(db, {
        actor: 'm',
        leaseOwner: 'm',
        leaseSeconds: 30,
        locationIds: [elsewhere.locationId],
        limit: 5,
      });
      expect(claimedAway).toEqual([away.runId]);
    });

    it('take one probe after the cool-down, the most urgent run, and nothing else while it is out', async () => {
      const id = await open({});
      const old = await aRun(db, { step });
      const urgent = await aRun(db, { step, priority: 5 });
      const other = await aRun(db, { step: await aStep(db, { pipeline: step }) });
      expect(await claim()).toEqual([urgent.runId, other.runId].toSorted((a, b) => a - b));
      expect(await findBreaker(db, id)).toMatchObject({ state: 'half_open', probeRunId: urgent.runId });
      expect(await claim()).toEqual([]);
      await resetBreaker(db, { id, actor: 'token:alice' });
      expect(await claim()).toEqual([old.runId]);
    });

    it('take one probe however many managers claim at once, with or without the lock on claims', async () => {
      for (let round = 0; round < 10; round += 1) {
        step = await aStep(db);
        await open({});
        for (let n = 0; n < 8; n += 1) await aRun(db, { step });
        const claims = await Promise.all([1, 2, 3, 4].map((n) => claim(db, `manager-${n}`, 2)));
        expect(claims.flat()).toHaveLength(1);
      }
    });

    it('of another manager neither wait for a probe that is not committed nor take a second one', async () => {
      await open({});
      for (let n = 0; n < 3; n += 1) await aRun(db, { step });
      await test.dataSource.transaction(async (transaction) => {
        expect(await claim(transaction)).toHaveLength(1);
        expect(await claim(db, 'manager-2')).toEqual([]);
      });
      expect(await claim(db, 'manager-2')).toEqual([]);
    });

    it('that are rolled back leave the probe to the next one', async () => {
      await open({});
      const { runId } = await aRun(db, { step });
      const dies = test.dataSource.transaction(async (transaction) => {
        expect(await claim(transaction)).toEqual([runId]);
        throw new Error('killed');
      });
      await expect(dies).rejects.toThrow('killed');
      expect(await claim()).toEqual([runId]);
    });

    it('send one run through all the breakers of a step when all have cooled down, and none before', async () => {
      const hot = await open({ failureClass: 'INFRASTRUCTURE', coolDownSeconds: 60 });
      const cool = await open({});
      const { runId } = await aRun(db, { step });
      await aRun(db, { step });
      expect(await claim()).toEqual([]);
      expect(await findBreaker(db, cool)).toMatchObject({ probeRunId: null });
      await queryRows(db, sql`UPDATE circuit_breaker SET retry_at = now() WHERE id = ${hot}`);
      expect(await claim()).toEqual([runId]);
      for (const id of [hot, cool]) expect(await findBreaker(db, id)).toMatchObject({ probeRunId: runId });
    });

    it('respect the limit of a step for a probe, too', async () => {
      step = await aStep(db, { maxActiveRuns: 1 });
      const id = await open({});
      await aRun(db, { step, status: 'RUNNING' });
      await aRun(db, { step });
      expect(await claim()).toEqual([]);
      expect(await findBreaker(db, id)).toMatchObject({ probeRunId: null });
    });
  });

  describe('a probe', () => {
    const probeOf = async (id: number) => {
      const probes = await test.dataSource.transaction(async (transaction) => {
        await lockBreakers(transaction);
        return loadBreakerProbes(transaction);
      });
      return probes.find((probe) => probe.id === id);
    };

    it('that is claimed is under way, and one that was given back is not', async () => {
      const id = await open({});
      const { runId } = await aRun(db, { step });
      await claim();
      expect(await probeOf(id)).toMatchObject({ outcome: null, isUnderWay: true });
      const releases = [{ runId, reason: 'not now', delaySeconds: 0 }];
      await releaseRuns(db, { actor: 'manager-1', leaseOwner: 'manager-1', releases });
      expect(await probeOf(id)).toMatchObject({ outcome: null, isUnderWay: false });
    });

    it('is judged by its own attempt, not by an earlier one of the same run or by other runs', async () => {
      const { runId } = await aRun(db, { step, status: 'RUNNING' });
      await fail(runId, 'RUNNING', 'CONTRACT');
      const id = await open({});
      expect(await claim()).toEqual([runId]);
      await fail((await aRun(db, { step, status: 'RUNNING' })).runId, 'RUNNING');
      expect(await probeOf(id)).toMatchObject({ outcome: null, isUnderWay: true });
      await fail(runId, 'STAGING_DATA', 'INFRASTRUCTURE');
      expect(await probeOf(id)).toMatchObject({
        outcome: { failureClass: 'INFRASTRUCTURE', reason: 'it failed as INFRASTRUCTURE' },
      });
    });

    it.each([
      [
        { kind: 'reopen', openings: 2, coolDownSeconds: 120, lastFailure: 'again' } as const,
        { state: 'open', openings: 2, lastFailure: 'again', probeRunId: null, closedBy: null },
      ],
      [
        { kind: 'probe_again' } as const,
        { state: 'half_open', openings: 1, lastFailure: 'exit code 1', probeRunId: null, closedBy: null },
      ],
      [{ kind: 'close' } as const, { state: 'closed', probeRunId: null, closedBy: 'manager-1' }],
    ])('that is decided as %j leaves its breaker so', async (decision, expected) => {
      const id = await open({});
      await aRun(db, { step });
      await claim();
      await settleBreakerProbes(db, { actor: 'manager-1', settlements: [{ breakerId: id, decision }] });
      expect(await findBreaker(db, id)).toMatchObject(expected);
    });
  });

  it('closing begins a new count, and a breaker that opens again begins with the first cool-down', async () => {
    const id = await open({});
    await fail((await aRun(db, { step, status: 'RUNNING' })).runId, 'RUNNING');
    expect(await outcomes()).toHaveLength(1);
    expect(await resetBreaker(db, { id, actor: 'token:alice' })).toBe(true);
    expect(await resetBreaker(db, { id, actor: 'token:bob' })).toBe(false);
    expect(await outcomes()).toEqual([]);
    await fail((await aRun(db, { step, status: 'RUNNING' })).runId, 'RUNNING');
    expect(await outcomes()).toHaveLength(1);
    expect(await open({ coolDownSeconds: 60 })).toBe(id);
    expect(await findBreaker(db, id)).toMatchObject({ state: 'open', openings: 1, closedAt: null });
  });

  it('lists them by state', async () => {
    const ids = [
      await open({ coolDownSeconds: 60 }),
      await open({ failureClass: 'CONTRACT' }),
      await open({ failureClass: 'TRANSIENT' }),
    ];
    await resetBreaker(db, { id: ids[2] ?? 0, actor: 'token:alice' });
    const found = await listBreakers(db, { states: ['open', 'closed'], after: (ids[0] ?? 0) - 1, limit: 10 });
    expect(found.map(({ id, state }) => [id, state])).toEqual([
      [ids[0], 'open'],
      [ids[2], 'closed'],
    ]);
  });
});
