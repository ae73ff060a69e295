import { sql } from '@meridian/core';
import { createLogger } from '@meridian/daemon';
import { mountedFiles, FakeBackend } from '@meridian/hpc';
import { queryRows } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import { Sites, type BackendLookup } from '../sites/sites.js';
import { aPendingRun, aWorkshopStep, openWorkshop, type Workshop } from '../testing/workshop.js';
import { NoteHeldRunsPass } from './note-held-runs.pass.js';

describe('saying what runs wait for', () => {
  const MESSAGE = 'The backend_config of the location lab cannot be used: "url" is missing.';
  let shop: Workshop;
  beforeEach(async () => {
    shop = await openWorkshop();
  });
  afterEach(() => shop.close());

  async function reasonGivenBy(backendOf: BackendLookup): Promise<unknown> {
    const run = await aPendingRun(shop, await aWorkshopStep(shop));
    await queryRows(
      shop.db,
      sql`UPDATE data_location SET health = jsonb_build_object('ok', false, 'message', ${MESSAGE}::text), health_checked_at = clock_timestamp()
          WHERE kind = 'PROCESSING'`,
    );
    const common = { dataSource: shop.test.dataSource, now: () => new Date() };
    const logger = await createLogger({ name: 'note', level: 'fatal', format: 'json' });
    const sites = new Sites({
      filesOf: () => mountedFiles,
      ...common,
      backendOf,
      logger,
      holdSeconds: 30,
    });
    await new NoteHeldRunsPass({ ...common, sites, everySeconds: 5, batchSize: 10 }).run();
    return (await runRow(shop.db, run.runId))['waiting_reason'];
  }

  it('names what is wrong with a site that does not answer', async () => {
    expect(await reasonGivenBy(() => new FakeBackend(shop.site))).toContain(MESSAGE);
  });

  it('names what is wrong with a location whose settings give no backend at all', async () => {
    expect(await reasonGivenBy(() => null)).toContain(MESSAGE);
  });
});
