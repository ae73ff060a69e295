import { DomainError, sql, type KillTarget } from '@meridian/core';
import { FakeBackend, type FakeSite } from '@meridian/hpc';
import { findKill, queryRows, type KillRow } from '@meridian/ops-db';
import { aLocation, aPipeline, aStep, runRow, type BuiltRun, type BuiltStep } from '@meridian/ops-db/testing';
import {
  aKillPass,
  anOrphan,
  aSubmittedRun as submittedRun,
  carryOut,
  killAt,
  observeEnds,
  type KillPassOptions,
} from '../testing/kill-shop.js';
import {
  aManager,
  anHourPasses,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Workshop,
} from '../testing/workshop.js';
import type { CarryOutKillsPass } from './carry-out-kills.pass.js';

const { signal } = new AbortController();

describe('CarryOutKillsPass', () => {
  let shop: Workshop;
  let site: FakeSite;
  let step: BuiltStep;
  let now: Date;
  beforeEach(async () => {
    shop = await openWorkshop();
    site = shop.site;
    step = await aWorkshopStep(shop);
    now = new Date('2026-01-01T00:00:00Z');
  });
  afterEach(() => shop.close());

  const kill = (target: KillTarget): Promise<number> => killAt(shop, target);
  const killPipeline = (): Promise<number> => kill({ scope: 'pipeline', pipelineId: step.pipelineId });
  const aPass = (options: KillPassOptions = {}): Promise<CarryOutKillsPass> =>
    aKillPass(shop, { now: () => now, ...options });
  const aSubmittedRun = (of = step): Promise<BuiltRun> => submittedRun(shop, of);

  it('stops every job of a pipeline and proves it by two looks', async () => {
    const runs = [await aSubmittedRun(), await aSubmittedRun()];
    const waiting = await aPendingRun(shop, step);
    const killId = await killPipeline();
    const requestsBefore = site.requests.listAlive;

    const proof = await carryOut(shop, await aPass(), killId);

    expect(site.alive()).toEqual([]);
    for (const { runId } of [...runs, waiting])
      expect(await runRow(shop.db, runId)).toMatchObject({
        status: 'CANCELLED',
        cancel_requested_by: `kill:${killId}`,
      });
    expect(proof).toMatchObject({
      runs: { CANCELLED: 3 },
      sites: [{ clean_looks: 2, alive_count: 0, told_count: 2, silence: null }],
    });
    expect(site.requests.listAlive - requestsBefore).toBe(3);
  });

  it('says which jobs are alive, of which run and since when', async () => {
    const { runId } = await aSubmittedRun();
    const killId = await killPipeline();
    const stubborn = Object.assign(new FakeBackend(site), { cancel: () => Promise.resolve() });

    await (await aPass({ backend: stubborn })).run(signal);

    const { sites } = (await findKill(shop.db, killId)) as KillRow;
    expect(sites).toMatchObject([
      {
        alive_count: 1,
        alive: [
          {
            job_id: site.jobOf(shop.tokenOf({ runId })),
            token: shop.tokenOf({ runId }),
            run_id: runId,
            pipeline: expect.any(String),
            state: 'queued',
            since: expect.stringMatching(/^\d{4}-/),
          },
        ],
      },
    ]);
  });

  it('stops second copies and forgotten jobs of earlier attempts, which no active run owns', async () => {
    site.duplicateNextSubmits();
    const { runId } = await aSubmittedRun();
    anOrphan(shop, { runId, attempt: 7 });
    expect(site.alive()).toHaveLength(3);

    await carryOut(shop, await aPass(), await kill({ scope: 'run', runId }));

    expect(site.alive()).toEqual([]);
  });

  it('leaves jobs alone that are out of its scope', async () => {
    const neighbour = await aStep(shop.db, {
      pipeline: await aPipeline(shop.db, { locationId: step.locationId }),
    });
    await aSubmittedRun();
    const other = await aSubmittedRun(neighbour);
    const unknown = anOrphan(shop, { runId: 999_999, attempt: 1 });
    const foreign = anOrphan(shop, { installation: 'another1', runId: 1, attempt: 1 });

    await carryOut(shop, await aPass(), await killPipeline());
    expect(site.alive().map((job) => job.jobId)).toEqual([site.jobOf(shop.tokenOf(other)), unknown, foreign]);

    await carryOut(shop, await aPass(), await kill({ scope: 'location', locationId: step.locationId }));
    expect(site.alive().map((job) => job.jobId)).toEqual([foreign]);
  });

  it('is kept open by a silent site, however long, and says why', async () => {
    const { runId } = await aSubmittedRun();
    const killId = await killPipeline();
    const pass = await aPass();
    site.isSilent = true;

    for (let n = 0; n < 5; n += 1) await pass.run(signal);

    expect(await findKill(shop.db, killId)).toMatchObject({
      settledAt: null,
      sites: [{ clean_looks: 0, answered_at: null, silence: expect.stringMatching(/silent/) }],
    });
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTED' });
    site.isSilent = false;
    expect(await carryOut(shop, pass, killId)).toMatchObject({ runs: { CANCELLED: 1 } });
  });

  it('loses its first clean look when the site falls silent before the second', async () => {
    const killId = await killPipeline();
    const pass = await aPass();
    await pass.run(signal);
    site.isSilent = true;
    await pass.run(signal);
    site.isSilent = false;
    await pass.run(signal);
    expect(await findKill(shop.db, killId)).toMatchObject({ settledAt: null, sites: [{ clean_looks: 1 }] });
    await pass.run(signal);
    expect((await findKill(shop.db, killId))?.settledAt).not.toBeNull();
  });

  it('sees a job that turns up only after a first clean look', async () => {
    const { runId } = await aSubmittedRun();
    site.cancel(site.jobOf(shop.tokenOf({ runId }))!);
    const killId = await kill({ scope: 'run', runId });
    await observeEnds(shop);
    const pass = await aPass();
    await pass.run(signal);
    anOrphan(shop, { runId, attempt: 2 });

    await pass.run(signal);
    expect(await findKill(shop.db, killId)).toMatchObject({ settledAt: null, sites: [{ alive_count: 1 }] });
    await carryOut(shop, pass, killId);

    expect(site.alive()).toEqual([]);
  });

  it('a site that no manager can drive is silent', async () => {
    const killId = await killPipeline();
    await (await aPass({ backend: null })).run(signal);
    expect(await findKill(shop.db, killId)).toMatchObject({
      sites: [{ silence: 'no workflow-manager can drive it: its backend or its settings are wrong' }],
    });
  });

  it('waits for a submission with an unknown outcome until it is reconciled', async () => {
    site.failNextSubmits('unknown_after');
    const { runId } = await aSubmittedRun();
    expect(await runRow(shop.db, runId)).toMatchObject({ status: 'SUBMITTING' });
    const killId = await killPipeline();
    const pass = await aPass();
    for (let n = 0; n < 4; n += 1) await pass.run(signal);
    expect(await findKill(shop.db, killId)).toMatchObject({ settledAt: null, runs: { SUBMITTING: 1 } });

    await anHourPasses(shop);
    await (await aManager(shop, { owner: 'second' })).reconcile.run(signal);

    expect(await carryOut(shop, pass, killId)).toMatchObject({ runs: { CANCELLED: 1 } });
    expect(site.alive()).toEqual([]);
  });

  it('tells a site once about a job that takes long to stop, and again after a while', async () => {
    await aSubmittedRun();
    await killPipeline();
    let told = 0;
    const slow = Object.assign(new FakeBackend(site), {
      cancel: () => {
        told += 1;
        return Promise.resolve();
      },
    });
    const pass = await aPass({ backend: slow });
    await pass.run(signal);
    await pass.run(signal);
    expect(told).toBe(1);
    now = new Date(now.getTime() + 31_000);
    await pass.run(signal);
    expect(told).toBe(2);
  });

  it('goes on although a site refuses to be told, and tells it again', async () => {
    await aSubmittedRun();
    const killId = await killPipeline();
    let refusals = 2;
    const backend = new FakeBackend(site);
    const cancel = backend.cancel.bind(backend);
    backend.cancel = (ids) => {
      refusals -= 1;
      if (refusals >= 0)
        return Promise.reject(
          new DomainError({ kind: 'unavailable', code: 'x', message: 'busy', action: '' }),
        );
      return cancel(ids);
    };

    await carryOut(shop, await aPass({ backend }), killId);

    expect(site.alive()).toEqual([]);
  });

  it('asks a site once for any number of kills, and one bad site does not hold up another', async () => {
    const elsewhere = await aLocation(shop.db);
    await kill({ scope: 'everything' });
    await killPipeline();
    const backendOf = new FakeBackend(site);
    const pass = await aPass({ backend: backendOf });
    await pass.run(signal);
    const locations = await queryRows<{ n: number }>(
      shop.db,
      sql`SELECT count(*)::int AS n FROM data_location WHERE kind = 'PROCESSING'`,
    );
    expect(elsewhere).toBeGreaterThan(0);
    expect(site.requests.listAlive).toBe(locations[0]?.n);
  });
});
