import { DomainError, sql } from '@meridian/core';
import { createLogger } from '@meridian/daemon';
import { FakeBackend, mountedFiles, type HpcBackend } from '@meridian/hpc';
import { queryRows } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import type { BackendLookup } from '../sites/sites.js';
import { aManager, aPendingRun, aWorkshopStep, openWorkshop, type Workshop } from '../testing/workshop.js';
import { CheckSitesPass } from './check-sites.pass.js';

describe('looking at the sites', () => {
  let shop: Workshop;
  const { signal } = new AbortController();
  beforeEach(async () => {
    shop = await openWorkshop();
  });
  afterEach(() => shop.close());

  async function aPass(
    backendOf: BackendLookup = () => new FakeBackend(shop.site),
    problem: Error | null = null,
  ): Promise<CheckSitesPass> {
    return new CheckSitesPass({
      dataSource: shop.test.dataSource,
      backendOf,
      filesOf: () => mountedFiles,
      problemOf: () => problem,
      intervals: { healthySeconds: 3600, unhealthySeconds: 3600 },
      patienceMs: 2_000,
      logger: await createLogger({ name: 'check', level: 'fatal', format: 'json' }),
    });
  }

  const healths = async (): Promise<unknown[]> =>
    (
      await queryRows<{ health: unknown }>(
        shop.db,
        sql`SELECT health FROM data_location WHERE kind = 'PROCESSING' ORDER BY id`,
      )
    ).map(({ health }) => health);

  it('writes down what a healthy one says about itself', async () => {
    await aWorkshopStep(shop);
    expect(await (await aPass()).run(signal)).toBe(1);
    expect(await healths()).toEqual([
      {
        ok: true,
        imageProblems: [],
        details: { backend: 'fake', version: '1', has_accounting: true, max_array_size: 1 },
      },
    ]);
  });

  it('looks once, however many managers there are, and again after the location was changed', async () => {
    await aWorkshopStep(shop);
    let looks = 0;
    const backend: HpcBackend = new FakeBackend(shop.site);
    const counting = (): HpcBackend => {
      looks += 1;
      return backend;
    };
    const passes = [await aPass(counting), await aPass(counting)];
    await Promise.all(passes.map((pass) => pass.run(signal)));
    await passes[0]?.run(signal);
    expect(looks).toBe(1);
    await queryRows(shop.db, sql`UPDATE data_location SET updated_at = now() WHERE kind = 'PROCESSING'`);
    await passes[1]?.run(signal);
    expect(looks).toBe(2);
  });

  it('says what is wrong with settings that cannot be used, in their own words', async () => {
    await aWorkshopStep(shop);
    const problem = new DomainError({
      kind: 'invalid',
      code: 'backend.config_invalid',
      message: 'The backend_config of the location lab cannot be used: "url" is missing.',
      action: 'Correct backend_config in the definitions file and apply it again.',
    });
    await (await aPass(() => null, problem)).run(signal);
    expect(await healths()).toEqual([
      { ok: false, code: problem.code, message: problem.message, action: problem.action },
    ]);
  });

  it('finds a base path that is not there', async () => {
    await aWorkshopStep(shop, { base: `${shop.base}/unmounted` });
    await (await aPass()).run(signal);
    expect(await healths()).toEqual([
      expect.objectContaining({ ok: false, message: expect.stringContaining('its base path') as string }),
    ]);
  });

  it('gives no runs to a site that is not healthy, and goes on by itself once it is', async () => {
    const run = await aPendingRun(shop, await aWorkshopStep(shop));
    const setOk = (ok: boolean): Promise<unknown> =>
      queryRows(
        shop.db,
        sql`UPDATE data_location SET health = jsonb_build_object('ok', ${ok}::boolean), health_checked_at = clock_timestamp() WHERE kind = 'PROCESSING'`,
      );
    const manager = await aManager(shop, { owner: 'manager' });
    await setOk(false);
    await manager.submit.run(signal);
    expect(await runRow(shop.db, run.runId)).toMatchObject({ status: 'PENDING', attempt: 0 });
    await setOk(true);
    await manager.submit.run(signal);
    expect(await runRow(shop.db, run.runId)).toMatchObject({ status: 'SUBMITTED' });
  });

  it('does not wait for a site that takes long to answer', async () => {
    await aWorkshopStep(shop);
    let answer: () => void = () => undefined;
    const backend = new FakeBackend(shop.site);
    const real = await backend.capabilities();
    backend.capabilities = () => new Promise((resolve) => (answer = () => resolve(real)));
    const pass = new CheckSitesPass({
      dataSource: shop.test.dataSource,
      backendOf: () => backend,
      filesOf: () => mountedFiles,
      problemOf: () => null,
      intervals: { healthySeconds: 3600, unhealthySeconds: 3600 },
      patienceMs: 10,
      logger: await createLogger({ name: 'check', level: 'fatal', format: 'json' }),
    });
    expect(await pass.run(signal)).toBe(0);
    expect(await healths()).toEqual([null]);
    answer();
    while ((await healths())[0] === null) await pass.run(signal);
    expect(await healths()).toEqual([expect.objectContaining({ ok: true })]);
  });
});
