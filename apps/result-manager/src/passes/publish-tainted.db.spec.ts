import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from '@meridian/core';
import {
  finishPublications,
  giveVerdict,
  holdTaints,
  liftTaint,
  markTaint,
  queryRow,
  queryRows,
} from '@meridian/ops-db';
import { aLocation, aProduct, type BuiltRun } from '@meridian/ops-db/testing';
import { Workshop } from '../testing/workshop.js';
import { PublishProductsPass } from './publish-products.pass.js';
import { WithdrawProductsPass } from './withdraw-products.pass.js';

const NEVER = new AbortController().signal;
const REASON = 'it is, or is made of, what was marked bad';

describe('what is tainted does not become public', () => {
  let workshop: Workshop;
  let publicBase: string;
  let locationId: number;
  beforeAll(async () => {
    workshop = await Workshop.open();
    publicBase = mkdtempSync(path.join(tmpdir(), 'meridian-public-'));
    locationId = await aLocation(workshop.db, { kind: 'LONG_TERM_ARCHIVE', basePath: publicBase });
  });
  afterAll(async () => {
    await workshop.close();
    rmSync(publicBase, { recursive: true });
  });

  const publish = () =>
    new PublishProductsPass({
      ...{ dataSource: workshop.database.dataSource, actor: 'publisher', logger: workshop.logger },
      ...{ leaseSeconds: 60, batchSize: 50, retrySeconds: 0 },
    }).run(NEVER);
  const removeBytes = () =>
    new WithdrawProductsPass({
      ...{ dataSource: workshop.database.dataSource, logger: workshop.logger, batchSize: 10 },
    }).run(NEVER);

  interface Staged {
    readonly run: BuiltRun;
    readonly publication: number;
  }
  /** A good product with its bytes, about to be published. */
  const aStaged = async (): Promise<Staged> => {
    const run = await workshop.aRun({ status: 'COMPLETED' });
    const where = path.join(workshop.basePath, run.directory, 'output/science/map.fits');
    mkdirSync(path.dirname(where), { recursive: true });
    writeFileSync(where, 'map');
    const product = await aProduct(workshop.db, run, {
      ...{ path: 'science/map.fits', sizeBytes: 3 },
    });
    await queryRows(
      workshop.db,
      sql`UPDATE data_item SET content_hash = encode(sha256('map'), 'hex') WHERE id = ${product} RETURNING id`,
    );
    await queryRows(
      workshop.db,
      sql`UPDATE physical_copy SET verified_at = now() WHERE item_id = ${product} RETURNING id`,
    );
    await giveVerdict(workshop.db, { runId: run.runId, verdict: 'PASS', reason: 'looked at', actor: 'ada' });
    const row = await queryRow<{ id: number }>(
      workshop.db,
      sql`INSERT INTO publication (item_id, data_location_id, gate, max_attempts, moved_by) VALUES (${product}, ${locationId}, '{}', 1, 'test') RETURNING id`,
    );
    return { run, publication: row?.id ?? 0 };
  };
  const markInputOf = async (run: BuiltRun, db = workshop.db): Promise<number> =>
    (await markTaint(db, {
      ...{ target: { kind: 'item', itemId: run.itemIds[0] ?? 0 }, reason: 'a cosmic ray', actor: 'ada' },
    })) ?? 0;
  const shown = (publication: number) =>
    queryRow<{ state: string; reasons: string[]; path: string | null }>(
      workshop.db,
      sql`SELECT state, reasons, path FROM publication WHERE id = ${publication}`,
    );
  /** Begun by somebody who still holds it, whose copy is complete. */
  const beginCopying = async (publication: number): Promise<string> => {
    const where = `half/way/${publication}/v1/map.fits`;
    await queryRows(
      workshop.db,
      sql`UPDATE publication SET state = 'eligible' WHERE id = ${publication} RETURNING id`,
    );
    await queryRows(
      workshop.db,
      sql`UPDATE publication SET state = 'publishing', lease_owner = 'other', lease_expires_at = now() + interval '1 hour', attempts = 1,
            version = 1, path = ${where} WHERE id = ${publication} RETURNING id`,
    );
    mkdirSync(path.join(publicBase, path.dirname(where)), { recursive: true });
    writeFileSync(path.join(publicBase, where), 'map');
    return where;
  };
  const finish = (publication: number): Promise<number> =>
    workshop.database.dataSource.transaction(async (manager) => {
      await holdTaints(manager);
      return finishPublications(manager, { ids: [publication], owner: 'other' });
    });

  it('when it was marked before: the gate rejects it', async () => {
    const { run, publication } = await aStaged();
    await markInputOf(run);
    await publish();
    expect(await shown(publication)).toEqual({ state: 'rejected', reasons: [REASON], path: null });
  });

  it('when it is marked while the gate is looked at: the publisher waits, and loses', async () => {
    const { run, publication } = await aStaged();
    let publishing: Promise<number> | undefined;
    await workshop.db.transaction(async (marking) => {
      await markInputOf(run, marking);
      publishing = publish();
      await somebodyHoldsBack(workshop.db);
      expect((await shown(publication))?.state).toBe('staged');
    });
    await publishing;
    expect(await shown(publication)).toMatchObject({ state: 'rejected', reasons: [REASON] });
  });

  it('when it is marked while it is copied: it is not published, and its bytes are removed', async () => {
    const { run, publication } = await aStaged();
    const where = await beginCopying(publication);
    const taint = await markInputOf(run);
    expect(await finish(publication)).toBe(0);
    expect((await shown(publication))?.state).toBe('eligible');
    await publish();
    expect(await shown(publication)).toEqual({ state: 'rejected', reasons: [REASON], path: null });

    // Good again, and asked for again: as another version, whatever became of the bytes of the first time.
    await liftTaint(workshop.db, { id: taint, reason: 'it was another file', actor: 'ada' });
    await queryRows(
      workshop.db,
      sql`UPDATE publication SET state = 'staged', attempts = 0 WHERE id = ${publication} RETURNING id`,
    );
    await publish();
    const published = await shown(publication);
    expect(published?.state).toBe('published');
    expect(published?.path).not.toBe(where);
    expect(await removeBytes()).toBe(1);
    expect(existsSync(path.join(publicBase, where))).toBe(false);
    expect(readFileSync(path.join(publicBase, published?.path ?? ''), 'utf8')).toBe('map');
    expect(await removeBytes()).toBe(0);
  });

  it('when its publisher died over it: what may be there of it is removed', async () => {
    const { run, publication } = await aStaged();
    const where = await beginCopying(publication);
    await queryRows(
      workshop.db,
      sql`UPDATE publication SET max_attempts = 2, lease_expires_at = now() - interval '1 s' WHERE id = ${publication} RETURNING id`,
    );
    await markInputOf(run);
    await publish();
    expect((await shown(publication))?.state).toBe('rejected');
    await removeBytes();
    expect(existsSync(path.join(publicBase, where))).toBe(false);
  });
});

/** Until somebody waits for whoever marks. */
async function somebodyHoldsBack(db: Workshop['db']): Promise<void> {
  for (;;) {
    const waiting = await queryRow(
      db,
      sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    if (waiting !== undefined) return;
  }
}
