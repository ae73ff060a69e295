import { sql, type JobToken } from '@meridian/core';
import { FakeBackend, FakeSite } from '@meridian/hpc';
import { opsDataSource, queryRows } from '@meridian/ops-db';
import { runHistory, runRow, type BuiltRun, type BuiltStep } from '@meridian/ops-db/testing';
import { Life, MortalBackend, mortalDataSource } from '../testing/mortal.js';
import {
  aManager,
  anArchivedFile,
  anHourPasses,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Manager,
  type Workshop,
} from '../testing/workshop.js';

/** More steps than any pass takes: the loop ends when a manager survives. */
const MOST_STEPS = 40;

/** Each of these kills and replaces some twenty managers. */
jest.setTimeout(180_000);

describe('a workflow-manager that is killed', () => {
  let shop: Workshop;
  let step: BuiltStep;
  let site: FakeSite;
  let reached: JobToken[];
  let managers = 0;
  beforeAll(async () => {
    shop = await openWorkshop();
    step = await aWorkshopStep(shop);
  });
  afterAll(() => shop.close());
  beforeEach(() => {
    site = new FakeSite();
    reached = [];
  });

  /** Runs one tick of a manager that dies at step `n`; true when it did. */
  async function liveUntil(life: Life): Promise<boolean> {
    const dataSource = await opsDataSource({
      url: shop.test.url,
      applicationName: 'mortal',
      poolSize: 3,
    }).initialize();
    try {
      const backend = new MortalBackend(new FakeBackend(site), life, reached);
      const manager = await aManager(shop, {
        owner: `mortal-${(managers += 1)}`,
        backend,
        dataSource: mortalDataSource(dataSource, life),
      });
      await manager.tick().catch((error: unknown) => {
        if (!life.died) throw error;
      });
      return life.died;
    } finally {
      await dataSource.destroy();
    }
  }

  const successor = (): Promise<Manager> =>
    aManager(shop, {
      owner: `successor-${(managers += 1)}`,
      backend: new MortalBackend(new FakeBackend(site), new Life(Infinity, 'before'), reached),
    });

  async function successorFinishes(): Promise<void> {
    const manager = await successor();
    for (let tick = 0; tick < 4; tick += 1) {
      await anHourPasses(shop);
      await manager.tick();
    }
  }

  async function expectSubmittedOnce(runs: readonly BuiltRun[]): Promise<void> {
    for (const { runId } of runs) {
      const token = shop.tokenOf({ runId });
      expect(await runRow(shop.db, runId)).toMatchObject({
        status: 'SUBMITTED',
        attempt: 1,
        lease_owner: null,
      });
      const attempts = await queryRows(
        shop.db,
        sql`SELECT number, token, job_id FROM attempt WHERE run_id = ${runId}`,
      );
      expect(attempts).toEqual([{ number: 1, token, job_id: site.jobOf(token) }]);
      expect(reached.filter((other) => other === token)).toHaveLength(1);
      expect((await runHistory(shop.db, runId)).slice(-2)).toEqual(['SUBMITTING', 'SUBMITTED']);
    }
  }

  it.each(['before', 'after'] as const)(
    '%s any step while it submits loses nothing and submits nothing twice',
    async (dies) => {
      let deaths = 0;
      for (let n = 1; n < MOST_STEPS; n += 1) {
        const itemIds = [await anArchivedFile(shop, 'm17_a.fits')];
        const runs = [await aPendingRun(shop, step, { itemIds }), await aPendingRun(shop, step, { itemIds })];
        const died = await liveUntil(new Life(n, dies));
        await successorFinishes();
        await expectSubmittedOnce(runs);
        if (!died) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(10);
      expect(deaths).toBeLessThan(MOST_STEPS - 1);
    },
  );

  it.each(['before', 'after'] as const)(
    '%s any step while it reconciles loses nothing and submits nothing twice',
    async (dies) => {
      let deaths = 0;
      for (let n = 1; n < MOST_STEPS; n += 1) {
        const [lost, arrived] = [await aPendingRun(shop, step), await aPendingRun(shop, step)];
        site.failNextSubmits('unknown_before');
        site.failNextSubmits('unknown_after');
        await (await aManager(shop, { owner: `first-${n}`, backend: new FakeBackend(site) })).tick();
        expect(await runRow(shop.db, lost.runId)).toMatchObject({ status: 'SUBMITTING' });
        expect(await runRow(shop.db, arrived.runId)).toMatchObject({ status: 'SUBMITTING' });
        await anHourPasses(shop);
        const died = await liveUntil(new Life(n, dies));
        await successorFinishes();
        // The first submissions were not counted: the one that arrived must never be repeated, the lost one exactly once.
        expect(reached.filter((token) => token === shop.tokenOf(arrived))).toEqual([]);
        reached.push(shop.tokenOf(arrived));
        await expectSubmittedOnce([lost, arrived]);
        if (!died) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(8);
      expect(deaths).toBeLessThan(MOST_STEPS - 1);
    },
  );

  it('leaves its young submissions alone: a job may still show up', async () => {
    const run = await aPendingRun(shop, step);
    site.failNextSubmits('unknown_before');
    const manager = await successor();
    await manager.tick();
    await queryRows(
      shop.db,
      sql`UPDATE run SET lease_expires_at = now() - interval '1 second' WHERE id = ${run.runId}`,
    );
    await manager.tick();
    const row = await runRow(shop.db, run.runId);
    expect(row).toMatchObject({ status: 'SUBMITTING' });
    expect(row['waiting_reason']).toMatch(
      /^the site does not know it yet; its submission may take \d+ s more to show up$/,
    );
    expect(reached).toHaveLength(1);
  });

  it('waits for a site that does not answer, however long, and says so', async () => {
    const run = await aPendingRun(shop, step);
    site.failNextSubmits('unknown_after');
    const manager = await successor();
    await manager.tick();
    site.isSilent = true;
    for (let hour = 0; hour < 3; hour += 1) {
      await anHourPasses(shop);
      await manager.tick();
    }
    expect(await runRow(shop.db, run.runId)).toMatchObject({
      status: 'SUBMITTING',
      waiting_reason: 'whether it was submitted is not known: the fake site was told to be silent',
    });
    site.isSilent = false;
    await anHourPasses(shop);
    await manager.tick();
    await expectSubmittedOnce([run]);
  });
});
