import { sql } from '@meridian/core';
import type { Pass } from '@meridian/daemon';
import { FakeBackend } from '@meridian/hpc';
import { opsDataSource, queryRows } from '@meridian/ops-db';
import type { BuiltStep } from '@meridian/ops-db/testing';
import { aKillPass, aSubmittedRun, carryOut, killAt, observeEnds } from '../testing/kill-shop.js';
import { Died, Life, MortalBackend, mortalDataSource } from '../testing/mortal.js';
import { aWorkshopStep, openWorkshop, type Workshop } from '../testing/workshop.js';

const { signal } = new AbortController();

jest.setTimeout(180_000);

describe('a kill', () => {
  let shop: Workshop;
  let step: BuiltStep;
  beforeEach(async () => {
    shop = await openWorkshop();
    step = await aWorkshopStep(shop);
  });
  afterEach(() => shop.close());

  it('is carried out by two managers at the same time as by one', async () => {
    for (let n = 0; n < 4; n += 1) await aSubmittedRun(shop, step);
    const killId = await killAt(shop, { scope: 'everything' });
    const passes = await Promise.all([aKillPass(shop), aKillPass(shop), aKillPass(shop)]);
    const together: Pass = {
      name: 'together',
      run: async () => (await Promise.all(passes.map((pass) => pass.run(signal)))).length,
    };

    const proof = await carryOut(shop, together, killId);

    expect(proof).toMatchObject({ runs: { CANCELLED: 4 }, holds: true });
    expect(shop.site.alive()).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'a manager that is killed %s any step leaves a kill that another one finishes',
    async (dies) => {
      let deaths = 0;
      for (let steps = 1; ; steps += 1) {
        shop.site.duplicateNextSubmits();
        const { runId } = await aSubmittedRun(shop, step);
        const killId = await killAt(shop, { scope: 'run', runId });
        const life = new Life(steps, dies);
        const dataSource = mortalDataSource(
          await opsDataSource({ url: shop.test.url, applicationName: 'mortal', poolSize: 2 }).initialize(),
          life,
        );
        try {
          const pass = await aKillPass(shop, {
            dataSource,
            backend: new MortalBackend(new FakeBackend(shop.site), life, []),
          });
          for (let n = 0; n < 3; n += 1) {
            await pass.run(signal);
            await observeEnds(shop);
          }
        } catch (error) {
          if (!(error instanceof Died) && !life.died) throw error;
        } finally {
          await dataSource.destroy();
        }
        // As if the time of the dead manager's look were over.
        await queryRows(
          shop.db,
          sql`UPDATE kill_site SET next_look_at = now() WHERE kill_request_id = ${killId}`,
        );
        await carryOut(shop, await aKillPass(shop), killId);
        expect(shop.site.alive()).toEqual([]);
        if (!life.died) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(15);
    },
  );
});
