import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aProduct, aRun, runRow, type BuiltRun } from '@meridian/ops-db/testing';
import {
  aManager,
  anArchivedFile,
  aPendingRun,
  aWorkshopStep,
  openWorkshop,
  type Workshop,
} from '../testing/workshop.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a run of which an input is gone', () => {
  let shop: Workshop;
  beforeEach(async () => {
    shop = await openWorkshop();
  });
  afterEach(() => shop.close());

  interface Made {
    readonly maker: BuiltRun;
    readonly itemId: number;
    readonly file: string;
  }

  /** A product of a completed run, whose bytes are where they should be. */
  async function aProductOnDisk(): Promise<Made> {
    const step = await aWorkshopStep(shop);
    const maker = await aRun(shop.db, {
      ...{ step, status: 'COMPLETED', itemIds: [await anArchivedFile(shop, 'raw.fits')] },
      directory: 'p/g/first/x-1.1',
    });
    const itemId = await aProduct(shop.db, maker, {
      ...{ path: 'a.fits', type: 'INTERMEDIATE', contentHash: sha256('made'), sizeBytes: 4 },
    });
    const file = join(shop.base, 'p/g/first/x-1.1/output/a.fits');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'made');
    return { maker, itemId, file };
  }
  const statusOfCopy = async (itemId: number): Promise<unknown> =>
    (
      await queryRow<{ status: string }>(
        shop.db,
        sql`SELECT status FROM physical_copy WHERE item_id = ${itemId}`,
      )
    )?.status;
  const remakes = () =>
    queryRows<{ run: number; remake: number | null; state: string }>(
      shop.db,
      sql`SELECT run_id AS run, remake_run_id AS remake, state FROM rematerialisation ORDER BY id`,
    );

  it.each([
    ['that nobody had missed', 'MISSING', (file: string) => rm(file)],
    ['that was cut off', 'CORRUPT', (file: string) => writeFile(file, 'm')],
  ] as const)('%s waits, and a run that makes it again is submitted', async (_, status, damage) => {
    const { maker, itemId, file } = await aProductOnDisk();
    const step = await aWorkshopStep(shop, { base: shop.base });
    const needing = await aPendingRun(shop, step, { itemIds: [itemId] });
    await damage(file);
    const manager = await aManager(shop, { owner: 'manager-1' });
    await manager.submit.run(new AbortController().signal);
    expect(await statusOfCopy(itemId)).toBe(status);
    const waiting = await runRow(shop.db, needing.runId);
    expect([waiting['status'], waiting['attempt'], waiting['failure_count']]).toEqual(['PENDING', 0, 0]);
    expect(waiting['waiting_reason']).toMatch(
      /^input a\.fits \(product \d+\) has no copy left; it is to be made again/,
    );
    await manager.tick();
    const [found] = await remakes();
    expect(found).toMatchObject({ run: maker.runId, state: 'making' });
    const remake = await runRow(shop.db, found?.remake ?? 0);
    expect([remake['status'], remake['remakes_run_id']]).toEqual(['SUBMITTED', maker.runId]);
    const [attempt] = await queryRows<{ directory: string }>(
      shop.db,
      sql`SELECT directory FROM attempt WHERE run_id = ${found?.remake ?? 0}`,
    );
    const directory = join(shop.base, attempt?.directory ?? '');
    expect(await readdir(join(directory, 'input'))).toEqual(['raw.fits']);
    const { provenance } = JSON.parse(await readFile(join(directory, 'config/manifest.json'), 'utf8')) as {
      provenance: object;
    };
    expect(provenance).toMatchObject({ remakes_run: maker.runId });
  });

  it('is not said to have lost it while the file system may only be away', async () => {
    const { itemId } = await aProductOnDisk();
    const elsewhere = join(dirname(shop.base), 'elsewhere');
    await mkdir(elsewhere);
    const needing = await aPendingRun(shop, await aWorkshopStep(shop, { base: elsewhere }), {
      itemIds: [itemId],
    });
    for (const name of await readdir(shop.base)) await rm(join(shop.base, name), { recursive: true });
    await (await aManager(shop, { owner: 'manager-1' })).submit.run(new AbortController().signal);
    const failed = await runRow(shop.db, needing.runId);
    expect([failed['status'], failed['failure_class']]).toEqual(['FAILED', 'STAGING']);
    expect([await statusOfCopy(itemId), await remakes()]).toEqual(['PRESENT', []]);
  });

  it('and was replaced meanwhile is outdated: it fails, and nothing is made again for it', async () => {
    const { maker, itemId } = await aProductOnDisk();
    const needing = await aPendingRun(shop, await aWorkshopStep(shop), { itemIds: [itemId] });
    await queryRows(
      shop.db,
      sql`UPDATE data_product SET superseded_at = now(), superseded_by_run_id = ${maker.runId} WHERE item_id = ${itemId} RETURNING item_id`,
    );
    await queryRows(
      shop.db,
      sql`UPDATE physical_copy SET status = 'DELETED' WHERE item_id = ${itemId} RETURNING id`,
    );
    await (await aManager(shop, { owner: 'manager-1' })).submit.run(new AbortController().signal);
    const run = await runRow(shop.db, needing.runId);
    expect([run['status'], run['failure_class']]).toEqual(['FAILED', 'STAGING']);
    expect(run['failure_reason']).toMatch(/was replaced by a newer one .* the run is outdated/);
    expect(await remakes()).toEqual([]);
  });

  it('that no recipe makes fails, as it always did', async () => {
    const raw = await anArchivedFile(shop, 'raw.fits');
    const needing = await aPendingRun(shop, await aWorkshopStep(shop), { itemIds: [raw] });
    await queryRows(
      shop.db,
      sql`UPDATE physical_copy SET status = 'MISSING' WHERE item_id = ${raw} RETURNING id`,
    );
    await (await aManager(shop, { owner: 'manager-1' })).submit.run(new AbortController().signal);
    expect((await runRow(shop.db, needing.runId))['failure_class']).toBe('STAGING');
    expect(await remakes()).toEqual([]);
  });
});
