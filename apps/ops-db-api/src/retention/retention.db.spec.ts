import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { sql } from '@meridian/core';
import { foldLocationUsage, queryRow, queryRows } from '@meridian/ops-db';
import { aLocation, aPipeline, aProduct, aRun, aStep, type ProductOptions } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('retention over HTTP', () => {
  let api: TestApi;
  let base: string;
  beforeAll(async () => {
    api = await openTestApi();
    base = mkdtempSync(`${tmpdir()}/meridian-retention-api-`);
  });
  afterAll(async () => {
    await api.close();
    rmSync(base, { recursive: true });
  });
  beforeEach(async () => {
    await queryRows(api.db.dataSource.manager, sql`DELETE FROM purge RETURNING id`);
  });

  const db = () => api.db.dataSource.manager;
  let locations = 0;
  /** A location that holds so many verified products of a step whose plots may go at once. */
  const aFullLocation = async (...products: ProductOptions[]): Promise<string> => {
    locations += 1;
    const name = `full-${locations}`;
    const locationId = await aLocation(db(), { name, basePath: base });
    const pipeline = await aPipeline(db(), { locationId });
    const retention = { rules: [{ types: ['PLOT'], keep: { days: 0 } }] };
    const step = await aStep(db(), { pipeline, retention });
    for (const product of products)
      await aProduct(db(), await aRun(db(), { step, status: 'COMPLETED' }), { sizeBytes: 100, ...product });
    await queryRows(
      db(),
      sql`UPDATE physical_copy SET verified_at = now() WHERE data_location_id = ${locationId} RETURNING id`,
    );
    return name;
  };
  const everything = () =>
    queryRows(
      db(),
      sql`SELECT (SELECT jsonb_agg(to_jsonb(c) ORDER BY id) FROM physical_copy c) AS copies, (SELECT count(*) FROM purge)::int AS purges,
            (SELECT count(*) FROM purge_decision)::int AS decisions, (SELECT count(*) FROM audit_log)::int AS audit`,
    );
  const aPlot = { type: 'PLOT' } as const;

  it('a plan says what would go, what stays and why, and changes nothing', async () => {
    const name = await aFullLocation(aPlot, aPlot, { type: 'LOG' }, aPlot, { type: 'SCIENCE', sizeBytes: 5 });
    const before = await everything();
    const all = await api.as('viewer').get(`/locations/${name}/purge-plan?down_to_bytes=0&sample=1`);
    expect(all.body).toMatchObject({
      ...{
        location: name,
        down_to_bytes: 0,
        used_before_bytes: 405,
        used_after_bytes: 105,
        is_complete: true,
      },
      sums: [
        { action: 'delete', reason: 'older than 0 days', files: 3, bytes: 300, sample: [{ bytes: 100 }] },
        { action: 'keep', reason: 'log', files: 1, bytes: 100 },
        { action: 'keep', reason: 'policy', files: 1, bytes: 5 },
      ],
    });
    const some = await api.as('viewer').get(`/locations/${name}/purge-plan?down_to_bytes=300`);
    expect(some.body.used_after_bytes).toBe(205);
    const first = await api.as('viewer').get(`/locations/${name}/purge-plan?down_to_bytes=0&max_files=1`);
    expect([first.body.is_complete, first.body.used_after_bytes]).toEqual([false, 305]);
    expect(await everything()).toEqual(before);
  });

  it('a level is the low-water mark unless somebody says another; without either there is nothing to plan', async () => {
    const name = await aFullLocation(aPlot);
    expect((await api.as('viewer').get(`/locations/${name}/purge-plan`)).body.code).toBe('purge.no_level');
    await queryRows(
      db(),
      sql`UPDATE data_location SET high_water_bytes = 90, low_water_bytes = 40 WHERE name = ${name} RETURNING id`,
    );
    expect((await api.as('viewer').get(`/locations/${name}/purge-plan`)).body.down_to_bytes).toBe(40);
    expect((await api.as('viewer').get('/locations/nowhere/purge-plan')).body.code).toBe(
      'location.not_found',
    );
  });

  it('a purge is asked for by operators, once at a time, on the record', async () => {
    const name = await aFullLocation(aPlot);
    const ask = (role: 'operator' | 'scientist' = 'operator') =>
      api.as(role).post(`/locations/${name}/purges`, { down_to_bytes: 0, reason: 'the disk is full' });
    expect((await ask('scientist')).status).toBe(403);
    const { status, body } = await ask();
    expect([status, body]).toEqual([
      202,
      expect.objectContaining({
        ...{ location: name, cause: 'request', requested_by: 'token:operator', state: 'waiting' },
        ...{
          reason: 'the disk is full',
          down_to_bytes: 0,
          used_before_bytes: null,
          deleted_bytes: 0,
          sums: [],
        },
      }),
    ]);
    expect((await ask()).body.code).toBe('purge.under_way');
    expect((await api.as('viewer').get(`/purges/${body.id}`)).body.id).toBe(body.id);
    expect((await api.as('viewer').get(`/purges?location=${name}`)).body.items).toHaveLength(1);
    expect((await api.as('viewer').get('/purges/0')).body.code).toBe('purge.not_found');
    const log = await api.as('operator').get(`/audit-log?target=location:${name}`);
    expect(log.body.items[0]).toMatchObject({
      ...{ action: 'location.purge', actor: 'token:operator' },
      after: { purge: body.id, down_to_bytes: 0, reason: 'the disk is full' },
    });
    expect((await api.as('operator').post(`/locations/${name}/purges`, { down_to_bytes: 0 })).status).toBe(
      422,
    );
  });

  it('a purge is waited for, and says how its bytes add up', async () => {
    const name = await aFullLocation(aPlot);
    const { body } = await api
      .as('operator')
      .post(`/locations/${name}/purges`, { down_to_bytes: 0, reason: 'x' });
    const at = performance.now();
    const waiting = api.as('viewer').get(`/purges/${body.id}?wait_seconds=30`);
    await queryRows(
      db(),
      sql`WITH summed AS (INSERT INTO purge_sum VALUES (${body.id}, 'delete', 'test', 1, 70), (${body.id}, 'keep', 'log', 1, 30))
          UPDATE purge SET started_at = now(), finished_at = now(), used_before_bytes = 100, used_after_bytes = 35 WHERE id = ${body.id} RETURNING id`,
    );
    expect((await waiting).body).toMatchObject({ state: 'done', deleted_bytes: 70, arrived_bytes: 5 });
    expect(performance.now() - at).toBeLessThan(20_000);
    await queryRows(db(), sql`DELETE FROM purge_sum RETURNING purge_id`);
  });

  it('purging is paused with who and why, and resumed, on the record', async () => {
    const name = await aFullLocation(aPlot);
    const pause = () =>
      api.as('operator').post(`/locations/${name}/purge-pause`, { reason: 'a release is near' });
    expect((await pause()).body).toMatchObject({
      ...{ purge_paused_by: 'token:operator', purge_pause_reason: 'a release is near' },
      purge_paused_at: expect.any(String),
    });
    expect((await pause()).status).toBe(200);
    const resumed = await api.as('operator').delete(`/locations/${name}/purge-pause`);
    expect(resumed.body).toMatchObject({ purge_paused_at: null, purge_paused_by: null });
    const log = await api.as('operator').get(`/audit-log?target=location:${name}`);
    expect((log.body.items as { action: string }[]).map(({ action }) => action)).toEqual([
      ...['location.resume_purging', 'location.pause_purging'],
    ]);
  });

  it('usage is what the records say, whatever was folded, and the disk’s own figure where asked', async () => {
    const name = await aFullLocation(aPlot, { ...aPlot, sizeBytes: 23 });
    const usage = async (query = '') => (await api.as('viewer').get(`/locations/${name}/usage${query}`)).body;
    expect(await usage()).toMatchObject({ files: 2, bytes: 123, high_water_bytes: null, disk: null });
    await foldLocationUsage(db());
    expect(await usage('?disk=true')).toMatchObject({
      ...{ files: 2, bytes: 123 },
      disk: { total_bytes: expect.any(Number), free_bytes: expect.any(Number) },
    });
    await queryRows(
      db(),
      sql`UPDATE data_location SET base_path = '/not/mounted' WHERE name = ${name} RETURNING id`,
    );
    expect((await usage('?disk=true')).disk).toBeNull();
  });

  it('the ledger is read by location, purge, product and reason, newest first', async () => {
    const name = await aFullLocation(aPlot, aPlot);
    const { body } = await api
      .as('operator')
      .post(`/locations/${name}/purges`, { down_to_bytes: 0, reason: 'x' });
    await queryRows(
      db(),
      sql`INSERT INTO purge_decision (purge_id, data_location_id, copy_id, item_id, path, bytes, action, reason, deleted_at)
          SELECT ${body.id}, data_location_id, copy.id, item_id, path, 100, CASE WHEN row_number() OVER (ORDER BY copy.id) = 1 THEN 'delete' ELSE 'keep' END, 'test',
            CASE WHEN row_number() OVER (ORDER BY copy.id) = 1 THEN now() END
          FROM physical_copy copy JOIN data_location location ON location.id = data_location_id WHERE location.name = ${name} ORDER BY copy.id RETURNING id`,
    );
    const ledger = async (query: string) =>
      (await api.as('viewer').get(`/purge-decisions?${query}`)).body.items as {
        action: string;
        item_id: number;
      }[];
    expect((await ledger(`location=${name}`)).map(({ action }) => action)).toEqual(['keep', 'delete']);
    const [deleted] = await ledger(`purge=${body.id}&action=delete&reason=test`);
    expect(deleted).toMatchObject({
      purge_id: body.id,
      location: name,
      bytes: 100,
      deleted_at: expect.any(String),
    });
    expect(await ledger(`product=${deleted?.item_id}`)).toEqual([deleted]);
    expect((await api.as('viewer').get('/purge-decisions?location=nowhere')).body.code).toBe(
      'location.not_found',
    );
    await queryRows(db(), sql`DELETE FROM purge_decision RETURNING id`);
  });

  it('products say whether their bytes are there', async () => {
    const name = await aFullLocation({ ...aPlot, dims: { shown: name0() } });
    const status = (word: string) =>
      queryRows(
        db(),
        sql`UPDATE physical_copy SET status = ${word} FROM data_location l WHERE l.id = data_location_id AND l.name = ${name} RETURNING physical_copy.id`,
      );
    const bytes = async () =>
      ((await api.as('viewer').get(`/products?dim.shown=${name0()}`)).body.items as { bytes: string }[]).map(
        (one) => one.bytes,
      );
    expect(await bytes()).toEqual(['present']);
    await status('DELETED');
    expect(await bytes()).toEqual(['purged']);
    await status('MISSING');
    expect(await bytes()).toEqual(['missing']);
  });
  const name0 = (): string => 'only-here';

  it('water marks are set with a location, and must fit together', async () => {
    const settings = { kind: 'BUFFER', base_path: '/data/buffer' };
    const put = (marks: object) => api.as('operator').put('/locations/marked', { ...settings, ...marks });
    await api.as('operator').post('/locations', { name: 'marked', ...settings });
    expect((await put({ high_water_bytes: 10, low_water_bytes: 10 })).body.problems).toEqual([
      expect.objectContaining({ code: 'location.water_marks', path: '/low_water_bytes' }),
    ]);
    expect((await put({ high_water_bytes: 10, low_water_bytes: 5 })).body).toMatchObject({
      ...{ high_water_bytes: 10, low_water_bytes: 5, capacity_bytes: null },
    });
    const file = {
      locations: [
        { name: 'marked', ...settings, capacity: '10 TB', high_water: '90 %', low_water: '7.5 TB' },
      ],
    };
    const change = async () =>
      (await api.as('operator').post('/definitions/apply', file)).body as {
        change: string;
        fields: string[];
      }[];
    expect(await change()).toMatchObject([
      { change: 'updated', fields: ['capacity', 'high_water', 'low_water'] },
    ]);
    expect(await change()).toMatchObject([{ change: 'unchanged' }]);
    expect(
      await queryRow(
        db(),
        sql`SELECT capacity_bytes, high_water_bytes, low_water_bytes FROM data_location WHERE name = 'marked'`,
      ),
    ).toEqual({ capacity_bytes: 10e12, high_water_bytes: 9e12, low_water_bytes: 7.5e12 });
  });
});
