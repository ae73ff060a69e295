import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql, type ResultColumn, type ResultTable } from '@meridian/core';
import { insertOutcomes, queryRow, queryRows, settleRows, stageRows } from '@meridian/ops-db';
import { aRawFile, aRun, aSoftwareVersion, aStep } from '@meridian/ops-db/testing';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

const READER = join(__dirname, 'testing/read-with-astropy.py');
/** More than a batch of the export, so that its seams are read as well. */
const ROWS = 5_000;

const column = (
  name: string,
  type: ResultColumn['type'],
  change: Partial<ResultColumn> = {},
): ResultColumn => ({
  ...{ name, type, unit: '', description: '', section: '', nullable: true, bits: [] },
  ...change,
});
const columns: ResultColumn[] = [
  column('number', 'int16', { nullable: false, section: 'Identity' }),
  column('flux', 'float64', {
    unit: 'Jy',
    description: `sum over the aperture, ${'and so on '.repeat(12)}end`,
  }),
  column('ra', 'float64', { unit: 'deg', description: "the source's", section: 'Position' }),
  column('surface', 'float32', { unit: 'erg s-1 cm-2 arcsec-2', section: 'Photometry' }),
  column('count', 'int32', { unit: 'ct' }),
  column('large', 'int64'),
  column('name', 'text'),
  column('seen_at', 'timestamp'),
  column('is_good', 'boolean'),
  column('flags', 'flags', { nullable: false, bits: [{ bit: 2, name: 'edge', description: 'at the edge' }] }),
];
const table = (name: string): ResultTable => ({
  ...{ name, description: 'what was found', rows_of: 'item', key: ['number'], columns },
});
const AT = '2026-05-01T10:00:00.500000Z';

/** The output of a program of another's; a machine without it fails the test, with what to install. */
function outputOf(program: string, args: readonly string[], debianPackage: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${program} cannot be run: install Debian's ${debianPackage}`);
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}: ${stdout}${stderr}`);
  return stdout;
}

describe('exports of result tables, read by others', () => {
  let api: TestApi;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'exports-'));
    api = await openTestApi();
    const { manager } = api.db.dataSource;
    const software = await aSoftwareVersion(manager, {
      ...{ name: 'extract', version: '1.2.0', tables: [table('sources'), table('nothing')] },
    });
    const item = await aRawFile(manager, { name: 'tile one.fits', dims: { source: 'M17' } });
    const run = await aRun(manager, {
      step: await aStep(manager, { software }),
      itemIds: [item],
      status: 'COLLECTING_RESULTS',
      lease: { owner: 'collector', expiresAt: new Date(Date.now() + 60_000) },
    });
    await queryRows(
      manager,
      sql`UPDATE sub_group SET state = 'current', last_completed_run_id = ${run.runId} WHERE id = ${run.subGroupId}`,
    );
    const found = await queryRow<{ id: number }>(
      manager,
      sql`SELECT id FROM result_table WHERE name = 'sources'`,
    );
    const rows = Array.from({ length: ROWS }, (_, n) => ({
      ...{ tableId: found?.id ?? 0, line: n + 1, itemId: item },
      cells:
        n === 1
          ? [n, null, null, null, null, null, null, null, null, 0]
          : [
              n,
              n / 2,
              275.25,
              0.5,
              -n,
              '-9007199254740993',
              n === 2 ? 'Zoë' : `source ${n}`,
              AT,
              n % 2 === 0,
              4,
            ],
    }));
    await stageRows(manager, { runId: run.runId, attempt: run.attempt, leaseOwner: 'collector', rows });
    const said = { reason: '', failureClass: '', elapsedSeconds: null, overheadSeconds: null };
    await insertOutcomes(manager, { runId: run.runId, outcomes: [{ ...said, itemId: item, outcome: 'ok' }] });
    await settleRows(manager, [run.runId]);
  });
  afterAll(async () => {
    await api.close();
    rmSync(directory, { recursive: true });
  });

  const exported = async (name: string): Promise<string> => {
    const { body, status } = await api
      .as('viewer')
      .get(`/result-tables/extract/${name}/export?columns_of_dims=source,band`);
    expect(status).toBe(200);
    const file = join(directory, `${name}.fits`);
    writeFileSync(file, body as Uint8Array);
    return file;
  };
  const read = (file: string) =>
    JSON.parse(outputOf('/usr/bin/python3', [READER, file], 'python3-astropy')) as Record<string, unknown>;

  it('open in astropy with units, descriptions, values and nulls, and every checksum is right', async () => {
    const {
      names,
      types,
      units,
      comments,
      has_sums: hasSums,
      length,
      rows,
      sums,
    } = read(await exported('sources'));
    expect(names).toEqual([
      ...['item_id', 'item', 'software_version', 'run_id', 'dim_source', 'dim_band'],
      ...columns.map(({ name }) => name),
    ]);
    expect(types).toMatchObject({
      number: 'i2',
      flux: 'f8',
      surface: 'f4',
      count: 'i4',
      large: 'i8',
      is_good: 'b1',
    });
    expect(units).toEqual({ flux: 'Jy', ra: 'deg', surface: 'arcsec-2 cm-2 erg s-1', count: 'count' });
    expect(comments).toMatchObject({
      flux: columns[1]?.description,
      ra: expect.stringContaining("the source's") as string,
    });
    expect(hasSums).toEqual([true, true, true, true]);
    expect([length, sums]).toEqual([
      ROWS,
      { number: (ROWS * (ROWS - 1)) / 2, flux: (ROWS * (ROWS - 1)) / 4 - 0.5 },
    ]);
    const described = { software_version: '1.2.0', item: 'tile one.fits', dim_source: 'M17', dim_band: null };
    expect(rows).toMatchObject([
      {
        ...described,
        number: 0,
        flux: 0,
        ra: 275.25,
        surface: 0.5,
        count: 0,
        large: '-9007199254740993',
      },
      {
        ...described,
        number: 1,
        flux: null,
        ra: null,
        surface: null,
        count: null,
        large: null,
        name: null,
        // FITS has a null for truth values; astropy knows none, and reads false.
        is_good: false,
      },
      {
        ...described,
        number: 2,
        flux: 1,
        name: 'Zo??',
        seen_at: AT.replace('Z', ''),
        is_good: true,
        flags: 4,
      },
    ]);
  });

  it.each(['sources', 'nothing'])('pass fitsverify without an error or a warning: %s', async (name) => {
    const said = outputOf('fitsverify', [await exported(name)], 'fitsverify');
    expect(said).toMatch(/\*\*\*\* Verification found 0 warning\(s\) and 0 error\(s\)\. \*\*\*\*/);
  });

  it('open in astropy also when there is no row', async () => {
    expect(read(await exported('nothing'))).toMatchObject({ length: 0, rows: [], units: { flux: 'Jy' } });
  });
});
