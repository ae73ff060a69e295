import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import { aRun, aStep, openTestDatabase, type TestDatabase } from '../testing/index.js';
import { claimCollections } from './claim-collections.sql.js';
import { extendCollections } from './extend-collections.sql.js';

describe('claimCollections', () => {
  let database: TestDatabase;
  let db: EntityManager;
  beforeAll(async () => {
    database = await openTestDatabase(10);
    db = database.dataSource.manager;
  });
  afterAll(() => database.close());

  it('claims each run for one collector, and again when its lease has expired', async () => {
    const expired = { owner: 'dead', expiresAt: new Date('2020-01-01T00:00:00Z') };
    const runIds: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const run = await aRun(db, {
        status: 'COLLECTING_RESULTS',
        ...(n % 2 === 0 ? { lease: expired } : {}),
      });
      runIds.push(run.runId);
    }

    const claims = await Promise.all(
      ['a', 'b', 'c'].map((owner) => claimCollections(db, { owner, leaseSeconds: 60, limit: 4 })),
    );

    expect(
      claims
        .flat()
        .map((run) => run.runId)
        .sort((a, b) => a - b),
    ).toEqual(runIds);
    expect(await claimCollections(db, { owner: 'd', leaseSeconds: 60, limit: 4 })).toEqual([]);
    const mine = (claims[0] ?? []).map((run) => run.runId);
    expect(await extendCollections(db, { owner: 'b', runIds: mine, seconds: 0 })).toBe(0);
    expect(await extendCollections(db, { owner: 'a', runIds: mine, seconds: 0 })).toBe(mine.length);
    expect(await claimCollections(db, { owner: 'd', leaseSeconds: 60, limit: 9 })).toHaveLength(mine.length);
  });

  it('tells all that is needed to judge a run', async () => {
    const outputs = { metrics: ['snr'] };
    const retry = { max_attempts: 2 };
    const step = await aStep(db, { outputs, retry, maxMemoryMb: 4096, maxWalltimeMinutes: 120 });
    const run = await aRun(db, {
      step,
      status: 'COLLECTING_RESULTS',
      directory: 'p/g/s/1.1',
      failureCount: 1,
    });

    const claims = await claimCollections(db, { owner: 'e', leaseSeconds: 60, limit: 99 });

    expect(claims).toContainEqual({
      runId: run.runId,
      attempt: 1,
      token: run.token,
      basePath: expect.stringMatching(/^\/nowhere/),
      location: expect.objectContaining({ backend: 'fake', basePath: expect.stringMatching(/^\/nowhere/) }),
      directory: 'p/g/s/1.1',
      endState: null,
      exitCode: null,
      siteReason: null,
      secondsSinceEnd: expect.any(Number),
      cancelRequested: false,
      failureCount: 1,
      cpus: 1,
      memoryMb: 1024,
      walltimeMinutes: 60,
      maxMemoryMb: 4096,
      maxWalltimeMinutes: 120,
      retry,
      outputs,
      exitCodes: {},
      isFinalStep: true,
      isRemake: false,
      tables: [],
    });
  });

  it('knows an intermediate step by its living dependents', async () => {
    const upstream = await aStep(db);
    const dependent = await aStep(db, { dependsOn: [upstream] });
    const isFinal = async () => {
      const run = await aRun(db, { step: upstream, status: 'COLLECTING_RESULTS' });
      const claims = await claimCollections(db, { owner: 'f', leaseSeconds: 60, limit: 99 });
      return claims.find((claim) => claim.runId === run.runId)?.isFinalStep;
    };

    expect(await isFinal()).toBe(false);
    await queryRow(
      db,
      sql`UPDATE reduction_step SET retired_at = now() WHERE id = ${dependent.stepId} RETURNING id`,
    );
    expect(await isFinal()).toBe(true);
  });
});
