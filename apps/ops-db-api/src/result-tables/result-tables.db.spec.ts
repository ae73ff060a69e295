import {
  dataLength,
  headerEnd,
  onesComplementSum,
  parseHeader,
  type ResultColumn,
  type ResultTable,
} from '@meridian/core';
import { clearStagedRows, insertOutcomes, queryRows, settleRows, stageRows } from '@meridian/ops-db';
import { aRawFile, aRun, aSoftwareVersion, aStep } from '@meridian/ops-db/testing';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { sql } from '@meridian/core';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const column = (
  name: string,
  type: ResultColumn['type'],
  change: Partial<ResultColumn> = {},
): ResultColumn => ({
  ...{ name, type, unit: '', description: '', section: '', nullable: true, bits: [] },
  ...change,
});
const SOURCES: ResultTable = {
  ...{ name: 'sources', description: 'what was found', rows_of: 'item', key: ['number'] },
  columns: [
    column('number', 'int16', { nullable: false }),
    column('flux', 'float64', { unit: 'Jy', description: 'peak', section: 'Photometry' }),
    column('name', 'text'),
    column('large', 'int64'),
    column('seen_at', 'timestamp'),
    column('is_good', 'boolean'),
    column('flags', 'flags', { nullable: false, bits: [{ bit: 2, name: 'edge', description: '' }] }),
  ],
};
const AT = '2026-05-01T10:00:00.500000Z';

describe('result tables over HTTP', () => {
  let api: TestApi;
  let items: number[];
  beforeAll(async () => {
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const software = await aSoftwareVersion(manager, {
      name: 'extract',
      version: '1.2.0',
      tables: [SOURCES],
    });
    items = [
      await aRawFile(manager, { name: 'b.fits', dims: { source: 'M17' } }),
      await aRawFile(manager, { name: 'a.fits', dims: { source: 'M18', band: 3 } }),
    ];
    const run = await aRun(manager, {
      step: await aStep(manager, { software }),
      itemIds: items,
      status: 'COLLECTING_RESULTS',
      lease: { owner: 'collector', expiresAt: new Date(Date.now() + 60_000) },
    });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET state = 'current', last_completed_run_id = ${run.runId} WHERE id = ${run.subGroupId}`,
    );
    const [first = 0, second = 0] = items;
    const [{ id: tableId } = { id: 0 }] = await queryRows<{ id: number }>(
      manager,
      sql`SELECT id FROM result_table`,
    );
    const rows = [
      { itemId: second, cells: [1, null, null, null, null, null, 0] },
      { itemId: first, cells: [2, -0.5, 'with "quotes", and\nlines', '-9007199254740993', AT, true, 4] },
      { itemId: first, cells: [1, 1.5, 'Zoë', '5', null, false, 0] },
    ].map((row, index) => ({ ...row, tableId, line: index + 1 }));
    const held = { runId: run.runId, attempt: run.attempt, leaseOwner: 'collector' };
    await stageRows(manager, { ...held, rows });
    const said = { reason: '', failureClass: '', elapsedSeconds: null, overheadSeconds: null };
    await insertOutcomes(manager, {
      runId: run.runId,
      outcomes: items.map((itemId) => ({ ...said, itemId, outcome: 'ok' })),
    });
    await settleRows(manager, [run.runId]);
    await clearStagedRows(manager, held);
    await queryRows(
      manager,
      sql`UPDATE run SET status = 'COMPLETED', finished_at = now(), lease_owner = NULL, lease_expires_at = NULL, moved_why = 'collected'
          WHERE id = ${run.runId}`,
    );
  });
  afterAll(() => api.close());

  const exported = async (query: string) => {
    const answer = await api.as('viewer').get(`/result-tables/extract/sources/export${query}`);
    const manifest = JSON.parse(answer.headers['meridian-manifest'] ?? 'null') as {
      rows: number;
      sha256: string;
      size_bytes: number;
    };
    return { status: answer.status, bytes: Buffer.from(answer.body as Uint8Array), manifest };
  };

  it('are listed and shown with their columns', async () => {
    const { items: listed } = (await api.as('viewer').get('/result-tables')).body;
    const shown = (await api.as('viewer').get('/result-tables/extract/sources')).body;
    expect(listed).toEqual([shown]);
    expect(shown).toMatchObject({
      ...{
        software: 'extract',
        name: 'sources',
        relation: 'extract__sources',
        rows_of: 'item',
        key: ['number'],
      },
      ...{ columns: SOURCES.columns, versions: ['1.2.0'] },
    });
    expect((await api.as('viewer').get('/result-tables/extract/maps')).body.code).toBe(
      'result_table.not_found',
    );
  });

  it('are exported as CSV, in the order of subjects and keys', async () => {
    const { bytes, manifest } = await exported('?format=csv&columns_of_dims=source,band');
    const [b = 0, a = 0] = items;
    const lines = bytes.toString('utf8').split('\n').slice(0, 2);
    expect(lines[0]).toBe(
      'item_id,item,software_version,run_id,dim_source,dim_band,number,flux,name,large,seen_at,is_good,flags',
    );
    expect(lines[1]).toMatch(new RegExp(`^${b},b.fits,1.2.0,\\d+,M17,,1,1.5,Zoë,5,,false,0$`));
    expect(bytes.toString('utf8')).toContain(
      `,2,-0.5,"with ""quotes"", and\nlines",-9007199254740993,${AT},true,4\n`,
    );
    expect(bytes.toString('utf8')).toMatch(new RegExp(`\n${a},a.fits,1.2.0,\\d+,M18,3,1,,,,,,0\n$`));
    expect(manifest).toMatchObject({
      table: 'extract/sources',
      format: 'csv',
      rows: 3,
      size_bytes: bytes.length,
    });
  });

  it('are exported as FITS whose units sum to all ones', async () => {
    const { bytes } = await exported('');
    const table = headerEnd(bytes, 0) ?? 0;
    const header = parseHeader(bytes, table);
    expect(Object.fromEntries(header)).toMatchObject({
      ...{
        XTENSION: 'BINTABLE',
        EXTNAME: 'sources',
        NAXIS2: 3,
        TTYPE6: 'flux',
        TUNIT6: 'Jy',
        TCOMM6: 'peak',
        CREATOR: 'extract',
      },
    });
    expect(onesComplementSum(bytes.subarray(0, table))).toBe(2 ** 32 - 1);
    expect(onesComplementSum(bytes.subarray(table))).toBe(2 ** 32 - 1);
    const data = headerEnd(bytes, table) ?? 0;
    expect(bytes.length).toBe(data + dataLength(header));
    expect(onesComplementSum(bytes.subarray(data))).toBe(Number(header.get('DATASUM')));
  });

  it('are exported as Parquet with types, and units in the metadata', async () => {
    const { bytes } = await exported('?format=parquet');
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const rows = await parquetReadObjects({ file });
    expect(
      rows.map(({ number, flux, name, large, is_good, flags }) => ({
        number,
        flux,
        name,
        large,
        is_good,
        flags,
      })),
    ).toEqual([
      { number: 1, flux: 1.5, name: 'Zoë', large: 5n, is_good: false, flags: 0 },
      {
        number: 2,
        flux: -0.5,
        name: 'with "quotes", and\nlines',
        large: -9007199254740993n,
        is_good: true,
        flags: 4,
      },
      { number: 1, flux: null, name: null, large: null, is_good: null, flags: 0 },
    ]);
    expect(rows[1]?.['seen_at']).toEqual(new Date(AT));
    const described = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'meridian')?.value;
    expect(JSON.parse(described ?? '{}')).toMatchObject({ software: 'extract', table: 'sources' });
  });

  it('are exported as SQL that PostgreSQL takes', async () => {
    const { bytes } = await exported('?format=sql');
    await queryRows(api.db.dataSource.manager, { text: bytes.toString('utf8'), values: [] });
    const columns = await queryRows<{ name: string; type: string }>(
      api.db.dataSource.manager,
      sql`SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = 'sources' AND table_schema = 'public'`,
    );
    expect(columns).toContainEqual({ name: 'flux', type: 'double precision' });
    expect(bytes.toString('utf8')).toContain('"flux" double precision, -- [Jy]; peak');
  });

  it('are exported again, byte for byte, when every file that they came from is gone', async () => {
    const before = (await exported('?format=csv')).manifest.sha256;
    await queryRows(api.db.dataSource.manager, sql`DELETE FROM physical_copy`);
    expect((await exported('?format=csv')).manifest).toMatchObject({ rows: 3, sha256: before });
  });

  it('leave out what is stale unless it is asked for, and what other dims have', async () => {
    expect((await exported('?dim.source=M18&format=csv')).manifest.rows).toBe(1);
    await queryRows(api.db.dataSource.manager, sql`UPDATE sub_group SET state = 'stale'`);
    try {
      expect((await exported('?format=csv')).manifest.rows).toBe(0);
      const { bytes, manifest } = await exported('?format=csv&include_stale=true');
      expect([manifest.rows, bytes.toString('utf8').split('\n')[1]?.split(',')[4]]).toEqual([3, 'true']);
      expect((await exported('?format=fits')).status).toBe(200);
      expect((await exported('?format=parquet')).manifest.rows).toBe(0);
    } finally {
      await queryRows(api.db.dataSource.manager, sql`UPDATE sub_group SET state = 'current'`);
    }
  });
});
