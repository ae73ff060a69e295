import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aHash, anArchive, aRow, EXECUTED_ID } from '../http/testing/an-archive.js';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

interface Ingested {
  readonly id: number;
  readonly external_id: string;
  readonly status: string;
  readonly copy_added: boolean;
}
interface Bulk {
  readonly registered: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly items: Ingested[];
  readonly problems: { code: string; path: string; message: string }[];
}

describe('raw data files', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await anArchive(api);
  });
  afterAll(() => api.close());

  const one = async (row: object): Promise<Ingested> => {
    const answer = await api.as('service').post('/raw-data-files', row);
    expect([answer.status, answer.text]).toEqual([201, answer.text]);
    return answer.body as Ingested;
  };
  const recordedChanges = async (): Promise<number> =>
    (
      await queryRow<{ n: number }>(
        api.db.dataSource.manager,
        sql`SELECT count(*)::int AS n FROM data_item_change`,
      )
    )?.n ?? -1;
  const copiesOf = (id: number) =>
    queryRows<{ path: string; status: string }>(
      api.db.dataSource.manager,
      sql`SELECT path, status FROM physical_copy WHERE item_id = ${id} ORDER BY id`,
    );

  it('has the dims of everything it belongs to', async () => {
    const row = aRow(1, {
      executed_obs_unit_id: EXECUTED_ID,
      instrument_module: 'CHAI/LFA',
      dims: { band: 'low', subband: 3, source: 'M17' },
      metadata: { exposure_s: 12.5 },
      obs_time: '2026-05-01T22:00:00+02:00',
      obs_time_end: '2026-05-01T20:10:00Z',
      ra_deg: 275.1,
      dec_deg: -16.2,
    });

    const { id } = await one(row);

    const shown = await api.as('viewer').get(`/raw-data-files/${id}`);
    expect(shown.body).toEqual({
      id,
      external_id: 'archive:2026/05/01/file-1.fits',
      name: 'file-1.fits',
      dims: {
        band: 'low',
        subband: 3,
        source: 'M17',
        raw_data_file: 'file-1.fits',
        executed_obs_unit: EXECUTED_ID,
        obs_unit: 'M17-tile-1',
        program: '2026-A-017',
        line: 'CII',
        instrument: 'CHAI',
        module: 'LFA',
        telescope: 'FYST',
      },
      sha256: '1'.padStart(64, '0'),
      size_bytes: 1001,
      obs_time: '2026-05-01T20:00:00.000Z',
      obs_time_end: '2026-05-01T20:10:00.000Z',
      ra_deg: 275.1,
      dec_deg: -16.2,
      metadata: { exposure_s: 12.5 },
      executed_obs_unit_id: EXECUTED_ID,
      instrument_module: 'CHAI/LFA',
      raw_data_package_external_id: null,
      registered_at: expect.any(String) as string,
      changed_at: expect.any(String) as string,
      copies: [{ location: 'archive', path: '2026/05/01/file-1.fits', status: 'PRESENT' }],
    });
  });

  it('does not change when it comes again with the same content, and wakes nobody', async () => {
    const first = await one(aRow(2));
    const before = await recordedChanges();

    const again = await one(aRow(2));

    expect(again).toEqual({
      id: first.id,
      external_id: first.external_id,
      status: 'unchanged',
      copy_added: false,
    });
    expect(await recordedChanges()).toBe(before);
  });

  it('keeps its id when its content changes, and its other copies become corrupt', async () => {
    const { id } = await one(aRow(3, { external_id: 'tel-3' }));
    await one(aRow(3, { external_id: 'tel-3', location: 'buffer' }));
    const before = await recordedChanges();

    const changed = await one(aRow(3, { external_id: 'tel-3', sha256: aHash('c'), size_bytes: 7 }));

    expect(changed).toEqual({ id, external_id: 'tel-3', status: 'changed', copy_added: false });
    const row = await queryRow(
      api.db.dataSource.manager,
      sql`SELECT content_hash, size_bytes, changed_at > registered_at AS later FROM data_item WHERE id = ${id}`,
    );
    expect(row).toEqual({ content_hash: aHash('c'), size_bytes: 7, later: true });
    expect((await copiesOf(id)).map(({ status }) => status)).toEqual(['PRESENT', 'CORRUPT']);
    expect(await recordedChanges()).toBe(before + 1);
  });

  it('has another copy when the same content is at another place', async () => {
    const { id } = await one(aRow(4, { external_id: 'tel-4' }));

    const other = await one(aRow(4, { external_id: 'tel-4', location: 'buffer', path: 'in/file-4' }));

    expect(other).toEqual({ id, external_id: 'tel-4', status: 'unchanged', copy_added: true });
    expect(await copiesOf(id)).toEqual([
      { path: '2026/05/01/file-4.fits', status: 'PRESENT' },
      { path: 'in/file-4', status: 'PRESENT' },
    ]);
  });

  it('cannot take the place of another file', async () => {
    await one(aRow(5));
    const refused = await api
      .as('service')
      .post('/raw-data-files', aRow(5, { external_id: 'somebody-else' }));

    expect(refused.status).toBe(422);
    expect((refused.body as Bulk).problems).toEqual([
      {
        code: 'raw_data_file.path_taken',
        path: '/path',
        message: expect.stringMatching(/^another file/) as string,
      },
    ]);
  });

  it('is refused whole with every problem of every row, and nothing is written', async () => {
    const rows = [
      aRow(100),
      aRow(101, { sha256: 'x', nmae: 1 }),
      aRow(102, { location: 'nowhere', instrument_module: 'CHAI/none' }),
      aRow(103, {
        dims: { Bad: 1, deep: { a: 1 }, text: 'a\0b', line: 'OI' },
        executed_obs_unit_id: EXECUTED_ID,
      }),
      aRow(100, { external_id: 'same-place' }),
      { ...aRow(104), path: '../escape' },
      aRow(105, { obs_time: '2026-05-01T12:00:00', obs_time_end: '2026-02-31T12:00:00Z' }),
      7,
    ];
    const refused = await api.as('service').post('/raw-data-files/bulk', { rows });

    expect(refused.status).toBe(422);
    const problems = (refused.body as Bulk).problems.map(({ code, path }) => `${path} ${code}`);
    expect(problems).toEqual([
      '/rows/1/nmae field.unknown',
      '/rows/1/sha256 field.invalid',
      '/rows/3/dims/Bad dims.invalid',
      '/rows/3/dims/deep dims.invalid',
      '/rows/3/dims/text dims.invalid',
      '/rows/5/path field.invalid',
      '/rows/6/obs_time field.invalid',
      '/rows/6/obs_time_end field.invalid',
      '/rows/7 field.invalid',
      '/rows/2/location location.unknown',
      '/rows/2/instrument_module instrument_module.unknown',
      '/rows/4 raw_data_file.repeated',
    ]);
    const listed = await api.as('viewer').get('/raw-data-files?external_id=archive:2026/05/01/file-100.fits');
    expect(listed.body).toEqual({ items: [], next: null });
  });

  it('may not contradict what it belongs to', async () => {
    const refused = await api
      .as('service')
      .post('/raw-data-files', aRow(6, { executed_obs_unit_id: EXECUTED_ID, dims: { line: 'OI' } }));

    expect((refused.body as Bulk).problems).toEqual([
      {
        code: 'dims.contradiction',
        path: '/dims/line',
        message: '"OI" contradicts "CII", which follows from what the file belongs to',
      },
    ]);
  });

  it('is written without the wrong rows when the mode is valid', async () => {
    const rows = [aRow(110), aRow(111, { sha256: 'x' }), aRow(112)];
    const answer = await api.as('service').post('/raw-data-files/bulk', { rows, mode: 'valid' });

    expect(answer.status).toBe(201);
    const body = answer.body as Bulk;
    expect({ ...body, items: body.items.map(({ external_id }) => external_id) }).toEqual({
      registered: 2,
      changed: 0,
      unchanged: 0,
      rejected: 1,
      items: ['archive:2026/05/01/file-110.fits', 'archive:2026/05/01/file-112.fits'],
      problems: [
        {
          code: 'field.invalid',
          path: '/rows/1/sha256',
          message: 'must be 64 lower-case hexadecimal digits',
        },
      ],
    });
  });

  it('is registered once when several requests bring it at the same time', async () => {
    const rows = Array.from({ length: 50 }, (_, n) => aRow(200 + n));
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => api.as('service').post('/raw-data-files/bulk', { rows })),
    );

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const registered = answers.reduce((sum, { body }) => sum + (body as Bulk).registered, 0);
    const unchanged = answers.reduce((sum, { body }) => sum + (body as Bulk).unchanged, 0);
    expect([registered, unchanged]).toEqual([50, 150]);
    const ids = new Set(answers.flatMap(({ body }) => (body as Bulk).items.map(({ id }) => id)));
    expect(ids.size).toBe(50);
  });

  it('is found by its dims', async () => {
    const { id } = await one(aRow(7, { dims: { band: 'unheard-of' } }));
    const found = await api
      .as('viewer')
      .get(`/raw-data-files?dims=${encodeURIComponent('{"band":"unheard-of"}')}`);

    expect((found.body as { items: Ingested[] }).items.map((item) => item.id)).toEqual([id]);
  });

  it('leaves one audit entry per request that changed something', async () => {
    await api.as('service').post('/raw-data-files/bulk', { rows: [aRow(300), aRow(301)] });
    await api.as('service').post('/raw-data-files/bulk', { rows: [aRow(300), aRow(301)] });

    const [entry] = await queryRows(
      api.db.dataSource.manager,
      sql`SELECT actor, action, target, after FROM audit_log ORDER BY id DESC LIMIT 1`,
    );
    expect(entry).toEqual({
      actor: 'token:service',
      action: 'raw_data_file.ingest',
      target: 'raw_data_file:bulk',
      after: { registered: 2, changed: 0, unchanged: 0, changed_ids: [] },
    });
  });

  it('takes 10,000 rows in one request and not one more', async () => {
    const rows = Array.from({ length: 10_000 }, (_, n) =>
      aRow(10_000 + n, {
        executed_obs_unit_id: EXECUTED_ID,
        instrument_module: 'CHAI/LFA',
        dims: { subband: n % 16 },
      }),
    );
    const accepted = await api.as('service').post('/raw-data-files/bulk', { rows });
    const refused = await api.as('service').post('/raw-data-files/bulk', { rows: [...rows, aRow(1)] });

    expect([accepted.status, (accepted.body as Bulk).registered]).toEqual([201, 10_000]);
    expect([refused.status, (refused.body as Bulk).problems[0]?.path]).toEqual([422, '/rows']);
  });
});
