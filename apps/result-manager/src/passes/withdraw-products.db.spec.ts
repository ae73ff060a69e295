import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aLocation, aProduct, aRun, insertedId } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { WithdrawProductsPass } from './withdraw-products.pass.js';

describe('WithdrawProductsPass', () => {
  let workshop: Workshop;
  let base: string;
  let locationId: number;
  beforeAll(async () => {
    workshop = await Workshop.open();
    base = mkdtempSync(path.join(tmpdir(), 'meridian-public-'));
    locationId = await aLocation(workshop.db, { kind: 'LONG_TERM_ARCHIVE', basePath: base });
  });
  afterAll(async () => {
    await workshop.close();
    rmSync(base, { recursive: true });
  });

  const withdraw = () => {
    const { logger, database } = workshop;
    return new WithdrawProductsPass({ dataSource: database.dataSource, logger, batchSize: 10 }).run(
      new AbortController().signal,
    );
  };
  /** A product that was published under this path, in this state now. */
  const published = async (where: string, state: 'published' | 'withdrawn'): Promise<number> => {
    const itemId = await aProduct(workshop.db, await aRun(workshop.db, { status: 'COMPLETED' }));
    await insertedId(
      workshop.db,
      sql`INSERT INTO publication (item_id, data_location_id, gate, max_attempts, moved_by, state, version, path, published_at)
          VALUES (${itemId}, ${locationId}, '{}', 3, 'test', ${state}, 1, ${where}, now()) RETURNING id`,
    );
    return insertedId(
      workshop.db,
      sql`INSERT INTO physical_copy (item_id, data_location_id, path, verified_at) VALUES (${itemId}, ${locationId}, ${where}, now()) RETURNING id`,
    );
  };
  const statusOf = async (copyId: number) =>
    (
      await queryRow<{ status: string }>(
        workshop.db,
        sql`SELECT status FROM physical_copy WHERE id = ${copyId}`,
      )
    )?.status;

  it('removes the public bytes of what was taken back, and of nothing else', async () => {
    mkdirSync(path.join(base, 'a'));
    for (const name of ['a/kept.fits', 'a/back.fits']) writeFileSync(path.join(base, name), 'x');
    const [kept, back, gone] = [
      await published('a/kept.fits', 'published'),
      await published('a/back.fits', 'withdrawn'),
      await published('b/gone.fits', 'withdrawn'),
    ];
    expect(await withdraw()).toBe(2);
    expect([existsSync(path.join(base, 'a/kept.fits')), existsSync(path.join(base, 'a/back.fits'))]).toEqual([
      true,
      false,
    ]);
    expect([await statusOf(kept), await statusOf(back), await statusOf(gone)]).toEqual([
      'PRESENT',
      'DELETED',
      'DELETED',
    ]);
    expect(await withdraw()).toBe(0);
  });

  it('does not follow a link out of the location', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
    writeFileSync(path.join(outside, 'mine.fits'), 'x');
    symlinkSync(outside, path.join(base, 'link'));
    const copy = await published('link/mine.fits', 'withdrawn');
    expect(await withdraw()).toBe(0);
    expect([existsSync(path.join(outside, 'mine.fits')), await statusOf(copy)]).toEqual([true, 'PRESENT']);
    await queryRows(
      workshop.db,
      sql`UPDATE physical_copy SET status = 'MISSING' WHERE id = ${copy} RETURNING id`,
    );
    rmSync(outside, { recursive: true });
  });
});
