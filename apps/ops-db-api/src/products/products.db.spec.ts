import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import {
  aLocation,
  aPipeline,
  aProduct,
  aRun,
  aStep,
  aSubGroup,
  type BuiltRun,
  type ProductOptions,
} from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const CONTENT = '0123456789';
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

describe('products over HTTP', () => {
  let api: TestApi;
  let base: string;
  let run: BuiltRun;
  beforeAll(async () => {
    api = await openTestApi();
    base = mkdtempSync(join(tmpdir(), 'products-'));
    const { manager } = api.db.dataSource;
    const pipeline = await aPipeline(manager, {
      name: 'survey',
      locationId: await aLocation(manager, { basePath: base }),
    });
    run = await aRun(manager, { step: await aStep(manager, { pipeline, name: 'map' }), status: 'COMPLETED' });
  });
  afterAll(async () => {
    await api.close();
    rmSync(base, { recursive: true });
  });

  const pathOf = (path: string): string => join(base, `p/g/s/${run.runId}.1/output`, path);
  const product = async (path: string, options: ProductOptions = {}): Promise<number> => {
    mkdirSync(dirname(pathOf(path)), { recursive: true });
    writeFileSync(pathOf(path), CONTENT);
    return aProduct(api.db.dataSource.manager, run, {
      path,
      contentHash: SHA256,
      sizeBytes: CONTENT.length,
      ...options,
    });
  };

  it('are listed newest first, current ones unless asked otherwise', async () => {
    const old = await product('list/old.fits', { dims: { list: true } });
    const plot = await product('list/plot.png', { dims: { list: true }, type: 'PLOT' });
    await queryRows(
      api.db.dataSource.manager,
      sql`UPDATE data_product SET superseded_at = now(), superseded_by_run_id = ${run.runId} WHERE item_id = ${old}`,
    );
    const ids = async (query: string): Promise<number[]> =>
      (await api.as('viewer').get(`/products?dim.list=true${query}`)).body.items.map(
        (one: { id: number }) => one.id,
      );

    expect(await ids('')).toEqual([plot]);
    expect(await ids('&current=false')).toEqual([plot, old]);
    expect(await ids(`&current=false&type=SCIENCE&run=${run.runId}&pipeline=survey&step=map`)).toEqual([old]);
    expect(await ids('&pipeline=other')).toEqual([]);
    expect((await api.as('viewer').get('/products?type=PICTURE')).status).toBe(422);
  });

  it('that are stale, or failed, are asked for, with the reasons and page by page, but not both at once', async () => {
    const { manager } = api.db.dataSource;
    const step = await aStep(manager, { name: 'currency' });
    const result = async (state: 'stale' | 'current'): Promise<[BuiltRun, number]> => {
      const made = await aRun(manager, {
        ...{ step, status: 'COMPLETED', subGroupId: await aSubGroup(manager, { step, state }) },
      });
      await queryRows(
        manager,
        sql`UPDATE sub_group SET last_completed_run_id = ${made.runId}, causes = CASE WHEN state = 'stale' THEN '{config}'::text[] ELSE '{}' END
            WHERE id = ${made.subGroupId}`,
      );
      return [made, await aProduct(manager, made)];
    };
    const [, first] = await result('stale');
    const [, second] = await result('stale');
    const [failed, third] = await result('current');
    await queryRows(
      manager,
      sql`INSERT INTO open_failure (sub_group_id, run_id) VALUES (${failed.subGroupId}, ${failed.runId})`,
    );
    const list = async (query: string) =>
      (await api.as('viewer').get(`/products?step=currency&${query}`)).body;
    const idsOf = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => id);

    const page = await list('stale=true&limit=1');
    expect(page.items).toMatchObject([{ id: second, stale_reasons: ['config'] }]);
    expect(idsOf(await list(`stale=true&limit=1&cursor=${page.next}`))).toEqual([first]);
    expect((await list('')).items).toMatchObject(
      [third, second, first].map((id) => ({ id, stale_reasons: null })),
    );
    expect(idsOf(await list('failed_only=true'))).toEqual([third]);
    expect((await list('failed_only=true&stale=true')).code).toBe('products.two_selections');
    const failures = (await api.as('viewer').get('/failures?step=currency&kind=sub_group')).body;
    expect(failures.items).toMatchObject([
      { kind: 'sub_group', run_id: failed.runId, item_id: null, outcome: 'failed', has_result: true },
    ]);
    expect((await api.as('viewer').get('/failures?kind=item')).body.items).toEqual([]);
  });

  it('are selected by what their headers say, with the filters of groupings', async () => {
    const short = await product('filter/short.fits', { metadata: { exptime: 5, object: 'M17' } });
    const long = await product('filter/long.fits', { metadata: { exptime: 50, object: 'M17' } });
    const matching = async (filter: unknown): Promise<number[]> =>
      (
        await api.as('viewer').get(`/products?step=map&filter=${encodeURIComponent(JSON.stringify(filter))}`)
      ).body.items.map((one: { id: number }) => one.id);
    const inMetadata = { table: 'DataItem', column: 'metadata' };

    expect(await matching([{ ...inMetadata, json_path: 'exptime', operator: 'gt', value: 10 }])).toEqual([
      long,
    ]);
    expect(
      await matching({
        all: [
          { ...inMetadata, json_path: 'object', operator: 'eq', value: 'M17' },
          { table: 'DataProduct', column: 'path', operator: 'like', value: '%short%' },
        ],
      }),
    ).toEqual([short]);
    expect((await api.as('viewer').get(`/products/${long}`)).body.metadata).toEqual({
      exptime: 50,
      object: 'M17',
    });
  });

  it.each(['{"all": ', '[{"table": "Nothing", "column": "x", "operator": "eq", "value": 1}]'])(
    'are not selected by a filter that cannot be read: %s',
    async (filter) => {
      const { status, body } = await api.as('viewer').get(`/products?filter=${encodeURIComponent(filter)}`);
      expect([status, body.code]).toEqual([422, 'filter.invalid']);
    },
  );

  it('show where their copies are', async () => {
    const id = await product('show/a.fits');
    expect((await api.as('viewer').get(`/products/${id}`)).body).toMatchObject({
      id,
      type: 'SCIENCE',
      run_id: run.runId,
      sha256: SHA256,
      copies: [{ path: `p/g/s/${run.runId}.1/output/show/a.fits`, status: 'PRESENT' }],
    });
    expect((await api.as('viewer').get(`/products/${run.itemIds[0]}`)).body.code).toBe('product.not_found');
  });

  it('are downloaded whole, with their checksum as ETag and a type by extension', async () => {
    const id = await product('bytes/a "quoted" ü.txt');

    const { status, text, headers } = await api.as('viewer').get(`/products/${id}/content`);

    expect([status, text, headers['etag'], headers['content-length'], headers['content-type']]).toEqual([
      200,
      CONTENT,
      `"${SHA256}"`,
      '10',
      'text/plain; charset=utf-8',
    ]);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="a _quoted_ _.txt"; filename*=UTF-8''a%20%22quoted%22%20%C3%BC.txt`,
    );
    expect(
      (await api.as('viewer').get(`/products/${id}/content`, { 'If-None-Match': `"${SHA256}"` })).status,
    ).toBe(304);
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=0-1,3-4', 200, CONTENT, undefined],
    ['lines=1-2', 200, CONTENT, undefined],
  ])('Range %s answers %i', async (range, status, text, contentRange) => {
    const id = await product(`ranges/${range.replace(/\W/g, '_')}.txt`);
    const answer = await api.as('viewer').get(`/products/${id}/content`, { Range: range });
    expect([answer.status, answer.text ?? '', answer.headers['content-range']]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('If-Range with another checksum gets the whole', async () => {
    const id = await product('ranges/if-range.txt');
    expect(
      (await api.as('viewer').get(`/products/${id}/content`, { Range: 'bytes=0-1', 'If-Range': '"old"' }))
        .status,
    ).toBe(200);
  });

  it('bytes that are gone, or are others, are said to be missing', async () => {
    const [gone, shorter] = [await product('missing/gone.txt'), await product('missing/shorter.txt')];
    rmSync(pathOf('missing/gone.txt'));
    writeFileSync(pathOf('missing/shorter.txt'), '012');
    for (const id of [gone, shorter]) {
      const answer = await api.as('viewer').get(`/products/${id}/content`);
      expect([answer.status, answer.body.code]).toEqual([404, 'product.bytes_missing']);
    }
  });

  it('a product that became a link out of its location is refused', async () => {
    const id = await product('links/out.txt');
    const secret = join(mkdtempSync(join(tmpdir(), 'secret-')), 'ten-bytes');
    writeFileSync(secret, CONTENT);
    rmSync(pathOf('links/out.txt'));
    symlinkSync(secret, pathOf('links/out.txt'));

    const answer = await api.as('viewer').get(`/products/${id}/content`);

    expect([answer.status, answer.body.code]).toEqual([403, 'file.outside_location']);
    rmSync(dirname(secret), { recursive: true });
  });

  describe('previews', () => {
    const PNG = 'not really a picture';
    const PNG_SHA256 = createHash('sha256').update(PNG).digest('hex');
    const noted = (id: number, columns: Record<string, unknown>): Promise<unknown> =>
      queryRows(
        api.db.dataSource.manager,
        sql`INSERT INTO product_preview SELECT * FROM jsonb_populate_record(NULL::product_preview,
              ${JSON.stringify({ item_id: id, attempts: 1, not_before: new Date(), ...columns })}::jsonb) RETURNING item_id`,
      );
    const made = async (path: string, content = PNG): Promise<number> => {
      const id = await product(path);
      const kept = `.meridian/previews/${path}.png`;
      mkdirSync(dirname(join(base, kept)), { recursive: true });
      writeFileSync(join(base, kept), content);
      const where = { data_location_id: run.step.locationId, path: kept };
      await noted(id, { state: 'made', sha256: PNG_SHA256, size_bytes: PNG.length, ...where });
      return id;
    };
    const preview = (id: number, headers: Record<string, string> = {}) =>
      api.as('viewer').get(`/products/${id}/preview`, headers);

    it('that were made are shown, with their checksum as ETag, and the product says so', async () => {
      const id = await made('preview/made.fits');
      const { status, body, headers } = await preview(id);
      expect([status, (body as Buffer).toString(), headers['etag'], headers['content-type']]).toEqual([
        200,
        PNG,
        `"${PNG_SHA256}"`,
        'image/png',
      ]);
      expect((await preview(id, { 'If-None-Match': `"${PNG_SHA256}"` })).status).toBe(304);
      expect((await api.as('viewer').get(`/products/${id}`)).body.preview).toBe('made');
    });

    it('that the program made are shown as they are, and a picture is its own', async () => {
      const picture = await product('preview/found.png', { type: 'PLOT' });
      const id = await product('preview/found.fits');
      await noted(id, { state: 'found', found_item_id: picture });
      for (const one of [id, picture]) {
        const { body, headers } = await preview(one);
        expect([(body as Buffer).toString(), headers['etag']]).toEqual([CONTENT, `"${SHA256}"`]);
      }
    });

    it('that are not what was written are not shown', async () => {
      const changed = await made('preview/changed.fits', 'really not a picture');
      expect((await preview(changed)).body.code).toBe('preview.bytes_missing');
      const outside = await made('preview/outside.fits');
      rmSync(join(base, '.meridian/previews/preview/outside.fits.png'));
      symlinkSync('/etc/passwd', join(base, '.meridian/previews/preview/outside.fits.png'));
      expect((await preview(outside)).body.code).toBe('file.outside_location');
    });

    it('that are not there say why', async () => {
      const [none, wanted, impossible] = [
        await product('preview/none.fits'),
        await product('preview/wanted.fits'),
        await product('preview/impossible.fits'),
      ];
      await noted(wanted, { state: 'wanted' });
      await noted(impossible, { state: 'impossible', reason: 'there is no image in it' });
      const answers = [await preview(none), await preview(wanted), await preview(impossible)];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [404, 'preview.none'],
        [404, 'preview.not_ready'],
        [404, 'preview.impossible'],
      ]);
      expect(answers[2]?.body.detail).toContain('there is no image in it');
    });
  });
});
