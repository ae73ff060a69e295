import { sql } from '@meridian/core';
import { holdTaints, queryRow, queryRows } from '@meridian/ops-db';
import {
  aProduct,
  aRawFile,
  aRun,
  aSoftwareVersion,
  aStep,
  type BuiltRun,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

interface Made {
  readonly run: BuiltRun;
  readonly product: number;
}

describe('taints over HTTP', () => {
  let api: TestApi;
  let db: EntityManager;
  beforeAll(async () => {
    api = await openTestApi();
    db = api.db.dataSource.manager;
  });
  afterAll(() => api.close());

  /** A completed run of these items, the present result of its sub-group, and its product. */
  const make = async (
    itemIds: readonly number[],
    options: { step?: BuiltStep; db?: EntityManager; subGroupId?: number } = {},
  ): Promise<Made> => {
    const { db: manager = db, ...of } = options;
    const run = await aRun(manager, { ...of, itemIds, status: 'COMPLETED' });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET last_completed_run_id = ${run.runId} WHERE id = ${run.subGroupId} RETURNING id`,
    );
    return { run, product: await aProduct(manager, run) };
  };
  const mark = (of: string, more: object = {}, role: 'operator' | 'scientist' = 'operator') =>
    api.as(role).post('/taints', { of, reason: 'a cosmic ray in the dark', ...more });
  const reached = async (taint: number): Promise<number[]> => {
    const { body } = await api.as('viewer').get(`/products?taint=${taint}&current=false`);
    return (body.items as { id: number }[]).map(({ id }) => id).sort((a, b) => a - b);
  };
  const isTainted = async (product: number): Promise<boolean> =>
    (await api.as('viewer').get(`/products/${product}`)).body.tainted as boolean;

  it('reach all that was made of an item, and nothing beside it', async () => {
    const [bad, good] = [await aRawFile(db), await aRawFile(db)];
    const first = await make([bad, good]);
    const second = await make([first.product]);
    const third = await make([second.product, good]);
    const other = await make([good]);
    const { status, body } = await mark(`item:${bad}`);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ of: `item:${bad}`, reason: 'a cosmic ray in the dark', marked_by: 'token:operator' },
      ...{ products: 3, current_products: 3, published: 0, lifted_at: null },
    });
    expect(await reached(body.id)).toEqual([first.product, second.product, third.product]);
    expect([await isTainted(third.product), await isTainted(other.product)]).toEqual([true, false]);
    const clean = (await api.as('viewer').get('/products?tainted=false')).body.items as { id: number }[];
    expect(clean.map(({ id }) => id)).toContain(other.product);
    expect(clean.map(({ id }) => id)).not.toContain(third.product);
    const audit = await queryRow(
      db,
      sql`SELECT actor, after ->> 'products' AS products FROM audit_log WHERE target = ${`taint:${body.id}`}`,
    );
    expect(audit).toEqual({ actor: 'token:operator', products: '3' });
  });

  it('reach what is made afterwards of what they reached, of the item itself, and with the software', async () => {
    const software = await aSoftwareVersion(db, { name: 'buggy', version: '1.0.0' });
    const raw = await aRawFile(db);
    const before = await make([await aRawFile(db)]);
    const step = await aStep(db, { software });
    const early = await make([before.product], { step });
    const { id } = (await mark('software:buggy@1.0.0')).body;
    const late = await make([raw], { step });
    const later = await make([late.product, early.product]);
    expect(await reached(id)).toEqual([early.product, late.product, later.product]);
    expect(await isTainted(before.product)).toBe(false);

    const item = (await mark(`item:${raw}`)).body.id;
    const latest = await make([raw]);
    expect(await reached(item)).toEqual([late.product, later.product, latest.product]);
  });

  it('mean one product of a run, and not its others', async () => {
    const run = await aRun(db, { status: 'COMPLETED' });
    const [bad, good] = [await aProduct(db, run), await aProduct(db, run)];
    const [ofBad, ofGood] = [await make([bad]), await make([good])];
    const { id } = (await mark(`item:${bad}`)).body;
    expect(await reached(id)).toEqual([bad, ofBad.product]);
    expect(await isTainted(ofGood.product)).toBe(false);
  });

  it('mean an item with the content that it had: what is made after it was replaced is good', async () => {
    const raw = await aRawFile(db, { contentHash: 'a'.repeat(64) });
    const early = await make([raw]);
    const { id } = (await mark(`item:${raw}`)).body;
    await queryRows(
      db,
      sql`UPDATE data_item SET content_hash = ${'b'.repeat(64)} WHERE id = ${raw} RETURNING id`,
    );
    const late = await make([raw]);
    expect(await reached(id)).toEqual([early.product]);
    expect(await isTainted(late.product)).toBe(false);
    expect((await mark(`item:${raw}`)).status).toBe(201);
    expect(await isTainted(late.product)).toBe(true);
  });

  it('mean a host for the time that is said, also when it is learnt later where an attempt ran', async () => {
    const [before, during, after] = [
      await make([await aRawFile(db)]),
      await make([await aRawFile(db)]),
      await make([await aRawFile(db)]),
    ];
    const ran = ({ run }: Made, day: string) =>
      queryRows(
        db,
        sql`UPDATE attempt SET host = 'node17', started_at = ${`2026-05-${day}T10:00:00Z`}, ended_at = ${`2026-05-${day}T11:00:00Z`} WHERE run_id = ${run.runId} RETURNING run_id`,
      );
    await ran(before, '01');
    await ran(during, '03');
    const ofDuring = await make([during.product]);
    const { id } = (
      await mark('host:node17', { since: '2026-05-02T00:00:00Z', until: '2026-05-04T00:00:00Z' })
    ).body;
    expect(await reached(id)).toEqual([during.product, ofDuring.product]);

    const ofAfter = await make([after.product]);
    await ran(after, '02');
    expect(await reached(id)).toEqual(
      [during.product, after.product, ofDuring.product, ofAfter.product].sort((a, b) => a - b),
    );
  });

  it('reach products that are restored in any order', async () => {
    const raw = await aRawFile(db);
    const { id } = (await mark(`item:${raw}`)).body;
    const [first, second] = [
      await aRun(db, { itemIds: [raw], status: 'COMPLETED' }),
      await aRun(db, { status: 'COMPLETED' }),
    ];
    const lost = await aProduct(db, first);
    const follower = await aProduct(db, second);
    await queryRows(
      db,
      sql`UPDATE run SET input_set_id = (SELECT input_set_id FROM run WHERE id = ${(await aRun(db, { itemIds: [lost] })).runId}) WHERE id = ${second.runId} RETURNING id`,
    );
    // Its records were lost, and those of what was made of it were restored first.
    await queryRows(db, sql`DELETE FROM tainted_product WHERE item_id = ${lost}`);
    await queryRows(db, sql`DELETE FROM physical_copy WHERE item_id = ${lost}`);
    await queryRows(db, sql`DELETE FROM data_product WHERE item_id = ${lost}`);
    expect(await isTainted(follower)).toBe(false);
    await queryRows(
      db,
      sql`INSERT INTO data_product (item_id, run_id, attempt, type, path) VALUES (${lost}, ${first.runId}, 1, 'SCIENCE', 'science/lost.fits')`,
    );
    expect(await reached(id)).toEqual([lost, follower]);
  });

  it('are lifted with a reason: what no other taint reaches is good again', async () => {
    const [one, two] = [await aRawFile(db), await aRawFile(db)];
    const [both, single] = [await make([one, two]), await make([one])];
    const { id } = (await mark(`item:${one}`)).body;
    const other = (await mark(`item:${two}`)).body.id;
    const lift = (role: 'operator' | 'scientist' = 'operator') =>
      api.as(role).post(`/taints/${id}/lifting`, { reason: 'it was another file' });
    expect((await lift('scientist')).status).toBe(403);
    const { status, body } = await lift();
    expect([status, body.products, body.lifted_by, body.lifted_why]).toEqual([
      200,
      0,
      'token:operator',
      'it was another file',
    ]);
    expect([await isTainted(both.product), await isTainted(single.product)]).toEqual([true, false]);
    expect((await lift()).body.code).toBe('taint.lifted_already');
    const listed = async (query: string): Promise<number[]> =>
      ((await api.as('viewer').get(`/taints${query}`)).body.items as { id: number }[]).map(
        (taint) => taint.id,
      );
    expect(await listed('')).not.toContain(id);
    expect(await listed('?all=true')).toEqual(expect.arrayContaining([id, other]));
    expect((await make([one])).product).toBeGreaterThan(0);
    expect((await mark(`item:${one}`)).status).toBe(201);
  });

  it('are refused for what is not there, is marked already, or was not understood', async () => {
    const raw = await aRawFile(db);
    expect((await mark('item:99999999')).body.code).toBe('data_item.not_found');
    expect((await mark('software:buggy@9.9.9')).body.code).toBe('software_version.not_found');
    expect((await mark('host:nowhere')).body.code).toBe('host.not_found');
    expect((await mark('run:1')).body.code).toBe('subject.invalid');
    expect((await mark(`item:${raw}`, { since: '2026-05-02T00:00:00Z' })).body.code).toBe(
      'taint.only_hosts_for_a_time',
    );
    expect((await mark(`item:${raw}`, { reason: '' })).status).toBe(422);
    expect((await mark(`item:${raw}`, {}, 'scientist')).status).toBe(403);
    expect((await mark(`item:${raw}`)).status).toBe(201);
    expect((await mark(`item:${raw}`)).body.code).toBe('taint.marked_already');
  });

  it('plan how the bad results are made again, and have that done on demand', async () => {
    const [good, calibration] = [await aRawFile(db), await aRawFile(db)];
    const [clean, map] = [await aStep(db, { name: 'clean' }), await aStep(db, { name: 'map' })];
    const first = await make([good, calibration], { step: clean });
    const still = await make([good, calibration], { step: clean });
    const follower = await make([first.product], { step: map });
    const replaced = await make([calibration], { step: clean });
    await make([good], { step: clean, subGroupId: replaced.run.subGroupId });
    // One sub-group would use the bad calibration again; the other would not.
    await queryRows(db, sql`INSERT INTO sub_group_member VALUES (${still.run.subGroupId}, ${calibration})`);
    const { id } = (await mark(`item:${calibration}`)).body;
    const steps = [
      { step: 'clean', direct: 2, following: 0, bad_again: 1 },
      { step: 'map', direct: 0, following: 1, bad_again: 0 },
    ];
    const plan = (await api.as('viewer').get(`/taints/${id}/reprocessing`)).body;
    expect([plan.runs, plan.forced]).toEqual([2, 0]);
    expect(plan.steps).toHaveLength(2);
    expect(plan.steps).toEqual(expect.arrayContaining(steps.map((step) => expect.objectContaining(step))));

    const forced = await api.as('operator').post(`/taints/${id}/reprocessing`);
    expect([forced.status, forced.body.forced]).toEqual([202, 1]);
    const marked = await queryRows(
      db,
      sql`SELECT id, forced_by FROM sub_group WHERE forced_at IS NOT NULL AND id = ANY(${[first, still, follower, replaced].map(({ run }) => run.subGroupId)}::bigint[])`,
    );
    expect(marked).toEqual([{ id: first.run.subGroupId, forced_by: 'token:operator' }]);
  });

  it('see what is registered while they are marked, whoever comes first', async () => {
    const raw = await aRawFile(db);
    const early = await make([raw]);
    let marking: Promise<{ body: { id: number } }> | undefined;
    let late = 0;
    await db.transaction(async (registering) => {
      await holdTaints(registering);
      marking = Promise.resolve(mark(`item:${raw}`));
      await waitsForTaints(db);
      late = (await make([early.product], { db: registering })).product;
    });
    const { body } = (await marking) ?? { body: { id: 0 } };
    expect(await reached(body.id)).toEqual([early.product, late]);
  });
});

/** Until somebody waits to mark or lift a taint. */
async function waitsForTaints(db: EntityManager): Promise<void> {
  for (;;) {
    const waiting = await queryRow(
      db,
      sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    if (waiting !== undefined) return;
  }
}
