import { mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { sql, compileFilter, parseFilter, type JsonObject } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { runRow, type StepOptions } from '@meridian/ops-db/testing';
import { fitsImage } from '../testing/fits-bytes.js';
import { Workshop, type Remains } from '../testing/workshop.js';
import { CollectResultsPass, type CollectResultsOptions } from './collect-results.pass.js';

const IMAGE = fitsImage([[1, 2]], { OBJECT: 'M17', EXPTIME: 7.8, 'DATE-OBS': '2026-01-01T00:00:00' });

describe('FITS headers of products', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  const collect = (options: Partial<CollectResultsOptions> = {}) =>
    new CollectResultsPass({
      filesOf: () => mountedFiles,
      dataSource: workshop.database.dataSource,
      actor: 'collector',
      logger: workshop.logger,
      rules: { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 },
      leaseSeconds: 60,
      batchSize: 200,
      ...options,
    }).run(new AbortController().signal);

  const ended = async (files: NonNullable<Remains['files']>, step: StepOptions = {}) => {
    const run = await workshop.aRun({ step: await workshop.aStep(step) });
    await workshop.leave(run, { files });
    await workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    return run;
  };
  const collected = async (files: NonNullable<Remains['files']>, step: StepOptions = {}) => {
    const run = await ended(files, step);
    await collect();
    return { run, row: await runRow(workshop.db, run.runId) };
  };
  const metadataOf = async (runId: number): Promise<Record<string, JsonObject>> => {
    const rows = await queryRows<{ path: string; metadata: JsonObject }>(
      workshop.db,
      sql`SELECT path, metadata FROM data_product JOIN data_item ON id = item_id WHERE run_id = ${runId} ORDER BY path`,
    );
    return Object.fromEntries(rows.map(({ path, metadata }) => [path, metadata]));
  };

  it('are searched with the filters that select inputs', async () => {
    const { run, row } = await collected({ 'science/map.fits': IMAGE, 'science/map.txt': 'no FITS' });

    expect(row).toMatchObject({ status: 'COMPLETED' });
    expect(await metadataOf(run.runId)).toEqual({
      'science/map.fits': {
        ...{ bitpix: -32, naxis: 2, naxis1: 2, naxis2: 1 },
        ...{ object: 'M17', exptime: 7.8, 'date-obs': '2026-01-01T00:00:00' },
      },
      'science/map.txt': {},
    });
    const filter = parseFilter([
      { table: 'DataProduct', column: 'metadata', json_path: 'exptime', operator: 'between', value: [7, 8] },
    ]);
    expect(
      await queryRows(
        workshop.db,
        sql`SELECT name FROM data_item item WHERE ${compileFilter(filter, { now: new Date() })}`,
      ),
    ).toEqual([{ name: 'map.fits' }]);
  });

  it('that are broken are a warning, and the run completes', async () => {
    const { run, row } = await collected({
      'science/cut.fits': IMAGE.subarray(0, 2880 + 7),
      'science/none.fits': 'none',
    });

    expect(row).toMatchObject({ status: 'COMPLETED_WITH_WARNINGS' });
    expect(
      await queryRows(workshop.db, sql`SELECT code, message FROM run_warning WHERE run_id = ${run.runId}`),
    ).toEqual([
      {
        code: 'fits.broken',
        message: 'broken FITS files: "science/cut.fits" (the file ends within the data of unit 0)',
      },
    ]);
    expect(await metadataOf(run.runId)).toMatchObject({
      'science/cut.fits': { object: 'M17', fits_problem: 'the file ends within the data of unit 0' },
      'science/none.fits': { fits_problem: 'it is not a FITS file' },
    });
  });

  it.each([
    ['not FITS', 'none', 'a.img is promised to be FITS: it is not a FITS file'],
    [
      'cut off',
      IMAGE.subarray(0, 2885),
      'a.img is promised to be FITS: the file ends within the data of unit 0',
    ],
  ])('fail a run whose step promises them and whose file is %s', async (_, content, failure_reason) => {
    const step = { outputs: { required: [{ pattern: '*.img', fits: true }] } };
    expect((await collected({ 'a.img': content }, step)).row).toMatchObject({
      status: 'FAILED',
      failure_class: 'CONTRACT',
      failure_reason,
    });
    expect((await collected({ 'a.img': IMAGE }, step)).row).toMatchObject({
      status: 'COMPLETED_WITH_WARNINGS',
    });
  });

  it('wait for a site that is away while they are read', async () => {
    const run = await ended({ 'a.fits': IMAGE });
    const away = unreachableFiles();
    const files = Object.assign(Object.create(mountedFiles) as typeof mountedFiles, {
      readPart: (path: string, offset: number, bytes: number) => away.readPart(path, offset, bytes),
    });
    await collect({ filesOf: () => files });
    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'COLLECTING_RESULTS' });

    await workshop.expireLeases();
    await collect();
    expect(await metadataOf(run.runId)).toMatchObject({ 'a.fits': { object: 'M17' } });
  });
});
