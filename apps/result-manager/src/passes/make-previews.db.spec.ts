import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { sql } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import { runRow } from '@meridian/ops-db/testing';
import { makeMortal, type Death } from '../testing/dying-data-source.js';
import { decodeGrayPng } from '../testing/decode-png.js';
import { fitsImage } from '../testing/fits-bytes.js';
import { Workshop, type Remains } from '../testing/workshop.js';
import { CollectResultsPass } from './collect-results.pass.js';
import { MakePreviewsPass, type MakePreviewsOptions } from './make-previews.pass.js';

const NEVER = new AbortController().signal;
const IMAGE = fitsImage([
  [1, 2, 3],
  [4, 5, 6],
]);
const TABLE = fitsImage([[1, 2, 3]]);

describe('previews', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  const maker = (options: Partial<MakePreviewsOptions> = {}) =>
    new MakePreviewsPass({
      dataSource: workshop.database.dataSource,
      actor: 'maker',
      filesOf: () => mountedFiles,
      logger: workshop.logger,
      leaseSeconds: 60,
      ...options,
    });
  const collected = async (files: NonNullable<Remains['files']>) => {
    const run = await workshop.aRun();
    await workshop.leave(run, { files });
    await workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    await new CollectResultsPass({
      filesOf: () => mountedFiles,
      dataSource: workshop.database.dataSource,
      actor: 'collector',
      logger: workshop.logger,
      rules: { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 },
      leaseSeconds: 60,
      batchSize: 200,
    }).run(NEVER);
    return { ...run, status: (await runRow(workshop.db, run.runId))['status'] };
  };
  interface Shown {
    readonly of: string;
    readonly state: string;
    readonly found: string | null;
    readonly path: string | null;
    readonly sha256: string | null;
    readonly reason: string | null;
  }
  const previewsOf = (runId: number): Promise<Shown[]> =>
    queryRows<Shown>(
      workshop.db,
      sql`SELECT product.path AS of, preview.state, picture.path AS found, preview.path, preview.sha256, preview.reason
          FROM product_preview preview JOIN data_product product USING (item_id) LEFT JOIN data_product picture ON picture.item_id = preview.found_item_id
          WHERE product.run_id = ${runId} ORDER BY product.path`,
    );
  const stateOf = async (runId: number): Promise<string | undefined> => (await previewsOf(runId))[0]?.state;
  const waitIsOver = () =>
    queryRows(
      workshop.db,
      sql`UPDATE product_preview SET not_before = now() - interval '1 second' WHERE state = 'wanted' RETURNING item_id`,
    );

  it('are those that the program made: beside the image, among the plots, or named in products.json', async () => {
    const run = await collected({
      ...{ 'science/a.fits': IMAGE, 'science/a.png': 'a', 'science/b.fits.gz': IMAGE, 'plots/b.png': 'b' },
      ...{ 'science/c.dat': 'c', 'plots/see.png': 'c' },
      'products.json': JSON.stringify({ 'science/c.dat': { preview: './plots/see.png' } }),
    });

    expect(await previewsOf(run.runId)).toMatchObject([
      { of: 'science/a.fits', state: 'found', found: 'science/a.png' },
      { of: 'science/b.fits.gz', state: 'found', found: 'plots/b.png' },
      { of: 'science/c.dat', state: 'found', found: 'plots/see.png' },
    ]);
    expect(await maker().run(NEVER)).toBe(0);
  });

  it('that products.json names and that are not there are a warning, and one is made', async () => {
    const run = await collected({
      'science/a.fits': IMAGE,
      'products.json': JSON.stringify({ 'science/a.fits': { preview: 'a.png' } }),
    });
    expect(run.status).toBe('COMPLETED_WITH_WARNINGS');
    expect(await stateOf(run.runId)).toBe('wanted');
    expect(await maker().run(NEVER)).toBe(1);
  });

  it('are made of images, after their runs are complete, and kept beside the data under their checksum', async () => {
    const run = await collected({ 'science/a.fits': IMAGE, 'science/spectrum.fits': TABLE });
    expect([run.status, await stateOf(run.runId)]).toEqual(['COMPLETED', 'wanted']);

    expect(await maker().run(NEVER)).toBe(1);

    const [made, ...others] = await previewsOf(run.runId);
    expect(others).toEqual([]);
    expect(made).toMatchObject({ of: 'science/a.fits', state: 'made' });
    const png = await readFile(path.join(workshop.basePath, made?.path ?? ''));
    expect(createHash('sha256').update(png).digest('hex')).toBe(made?.sha256);
    expect(decodeGrayPng(png).map((row) => row.length)).toEqual([3, 3]);
  });

  it('are not made of what passes between steps', async () => {
    const run = await collected({
      'a.fits': IMAGE,
      'products.json': JSON.stringify({ 'a.fits': { type: 'INTERMEDIATE' } }),
    });
    expect(await previewsOf(run.runId)).toEqual([]);
  });

  it('that cannot be made say why, once and for all, and their run stays complete', async () => {
    const cut = await collected({ 'science/a.fits': IMAGE.subarray(0, 2890) });
    const gone = await collected({ 'science/a.fits': IMAGE });
    await queryRows(
      workshop.db,
      sql`UPDATE physical_copy SET status = 'DELETED' WHERE item_id IN (SELECT item_id FROM data_product WHERE run_id = ${gone.runId}) RETURNING id`,
    );

    await maker().run(NEVER);

    expect(await previewsOf(cut.runId)).toMatchObject([
      { state: 'impossible', reason: 'the file ends within the image' },
    ]);
    expect(await previewsOf(gone.runId)).toMatchObject([
      { state: 'impossible', reason: 'its bytes are not where its run left them' },
    ]);
    expect(await runRow(workshop.db, gone.runId)).toMatchObject({ status: 'COMPLETED' });
    await waitIsOver();
    expect(await maker().run(NEVER)).toBe(0);
  });

  it('are made once by many makers', async () => {
    const runs = [];
    for (let n = 1; n <= 6; n += 1)
      runs.push(
        await collected({
          'science/a.fits': fitsImage([
            [n, 2],
            [3, 4 + n],
          ]),
        }),
      );
    const makers = Array.from({ length: 4 }, (_, n) => maker({ actor: `maker-${n}` }));
    const made = await Promise.all(makers.map((one) => one.run(NEVER)));

    expect(made.reduce((sum, count) => sum + count, 0)).toBe(6);
    for (const { runId } of runs) expect(await stateOf(runId)).toBe('made');
    expect(
      await queryRow(
        workshop.db,
        sql`SELECT max(attempts) AS most FROM product_preview WHERE state = 'made'`,
      ),
    ).toEqual({ most: 1 });
  });

  it('are made by somebody else when their maker died, under the same name', async () => {
    const { runId } = await collected({
      'science/a.fits': fitsImage([
        [7, 8],
        [9, 77],
      ]),
    });
    // It dies when the picture is there and nobody knows.
    const dead = Object.assign(Object.create(mountedFiles) as typeof mountedFiles, {
      upload: async (upload: Parameters<typeof mountedFiles.upload>[0]) => {
        await mountedFiles.upload(upload);
        await workshop.database.dataSource.query(
          `UPDATE product_preview SET lease_owner = 'nobody' WHERE lease_owner = 'dead'`,
        );
      },
    });
    await maker({ actor: 'dead', filesOf: () => dead }).run(NEVER);
    expect(await stateOf(runId)).toBe('wanted');
    const kept = async () =>
      (await readdir(path.join(workshop.basePath, '.meridian/previews'), { recursive: true })).sort();
    const before = await kept();
    expect(await maker().run(NEVER)).toBe(0);

    await waitIsOver();
    expect(await maker().run(NEVER)).toBe(1);

    expect(await stateOf(runId)).toBe('made');
    expect(await kept()).toEqual(before);
  });

  it.each(['before', 'after'] as const)(
    'are made when their maker dies %s any of its statements',
    async (when) => {
      for (let at = 1; ; at += 1) {
        const { runId } = await collected({ 'science/a.fits': IMAGE });
        const death: Death = { at, when, seen: 0 };
        const dataSource = await opsDataSource({
          url: workshop.database.url,
          applicationName: 'mortal',
        }).initialize();
        makeMortal(dataSource, death);
        await maker({ dataSource, actor: 'mortal' })
          .run(NEVER)
          .catch(() => 0);
        await dataSource.destroy();

        await waitIsOver();
        await maker().run(NEVER);

        expect(await previewsOf(runId)).toMatchObject([{ state: 'made' }]);
        if (death.seen < at) {
          expect(at).toBeGreaterThan(2);
          break;
        }
      }
    },
  );

  it('wait for a site that is away, and are given up after some tries when the disk fails', async () => {
    const { runId, directory } = await collected({ 'science/a.fits': IMAGE });
    expect(await maker({ filesOf: () => unreachableFiles() }).run(NEVER)).toBe(0);
    await waitIsOver();
    expect(await maker({ filesOf: () => null }).run(NEVER)).toBe(0);
    expect(await stateOf(runId)).toBe('wanted');
    await rm(path.join(workshop.basePath, directory, 'output/science/a.fits'));

    for (let n = 0; n < 2; n += 1) {
      await waitIsOver();
      expect(await maker().run(NEVER)).toBe(0);
    }
    await waitIsOver();
    expect(await maker().run(NEVER)).toBe(1);
    expect(await previewsOf(runId)).toMatchObject([
      { state: 'impossible', reason: expect.stringContaining('ENOENT') },
    ]);
  });
});
