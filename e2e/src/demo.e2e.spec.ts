import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { mkdtemp, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeridianHome } from './meridian-home.js';

interface ExportedFile {
  readonly format: string;
  readonly path: string;
  readonly sha256: string;
}

interface Summary {
  readonly pipeline: string;
  readonly runs: { readonly completed: number; readonly failed: number };
  readonly products: readonly {
    readonly id: number;
    readonly type: string;
    readonly step: string;
    readonly path: string;
    readonly size_bytes: number;
    readonly sha256: string;
  }[];
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly files: readonly ExportedFile[];
  }[];
  readonly provenance: readonly ExportedFile[];
  readonly metrics: { readonly mosaic: Readonly<Record<string, number | null>> };
  readonly lineage_depth: number;
}

const FRAMES = 5;

const summaryIn = (stdout: string): Summary => {
  const lines = stdout.trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as Summary;
};

const sha256Of = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

jest.setTimeout(180_000);

describe('meridian demo', () => {
  let home: MeridianHome;
  let first: Summary;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
    first = summaryIn((await home.mustMeridian('demo', '--json')).stdout);
  });
  afterAll(() => home.remove());

  it('reduces every frame and one mosaic, and recovers the stars', () => {
    expect(first).toMatchObject({
      pipeline: 'imaging-pleiades',
      runs: { completed: FRAMES + 1, failed: 0 },
      lineage_depth: 2,
      metrics: { mosaic: { sources: expect.any(Number), overlap_pairs: expect.any(Number) } },
    });
  });

  it('lists products that are where it says, byte for byte', () => {
    expect(first.products.map((product) => product.type)).toContain('SCIENCE');
    expect(first.products.map(({ path }) => sha256Of(path))).toEqual(
      first.products.map(({ sha256 }) => sha256),
    );
  });

  it('ends with a table of the sources of every frame, as FITS and Parquet', () => {
    const [table, ...more] = first.tables;
    expect([table?.table, more]).toEqual(['imaging-extract/sources', []]);
    const lists = first.products.filter(({ path }) => /\/extract\/.*sources\.csv$/.test(path));
    const lines = lists.map(
      ({ path }) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => /^\d/.test(line)).length,
    );
    expect([lists.length, table?.rows]).toEqual([FRAMES, lines.reduce((sum, count) => sum + count, 0)]);
    const files = table?.files ?? [];
    expect(files.map(({ format }) => format)).toEqual(['fits', 'parquet', 'csv']);
    expect(files.map(({ path }) => sha256Of(path))).toEqual(files.map(({ sha256 }) => sha256));
    const [fits = '', parquet = ''] = files.map(({ path }) => readFileSync(path).toString('latin1'));
    expect([
      fits.slice(0, 9),
      fits.includes("TTYPE10 = 'flux"),
      parquet.slice(0, 4),
      parquet.slice(-4),
    ]).toEqual([...['SIMPLE  =', true, 'PAR1', 'PAR1']]);
  });

  it('and with the provenance of its mosaic, as PROV-JSON and as an RO-Crate that name every raw frame by checksum', () => {
    const frames = readdirSync(join(home.directory, 'pleiades')).filter((name) => name.endsWith('.fits'));
    expect(first.provenance.map(({ format }) => format)).toEqual(['prov-json', 'ro-crate']);
    for (const { path, sha256 } of first.provenance) {
      expect(sha256Of(path)).toBe(sha256);
      const text = readFileSync(path, 'utf8');
      for (const frame of frames) expect(text).toContain(sha256Of(join(home.directory, 'pleiades', frame)));
    }
  });

  it('finds nothing to do the second time', async () => {
    const again = summaryIn((await home.mustMeridian('demo', '--json')).stdout);

    expect(again.runs).toEqual(first.runs);
    expect(again.products).toEqual(first.products);
  });

  it('makes exactly the results stale that a parameter is for', async () => {
    const { stdout } = await home.mustMeridian('demo', '--json', '--set', 'mosaic.detection_sigma=8');
    const changed = summaryIn(stdout);

    expect(changed.runs).toEqual({ completed: FRAMES + 2, failed: 0 });
    const ids = (summary: Summary, step: string): number[] =>
      summary.products.filter((product) => product.step === step).map((product) => product.id);
    expect(ids(changed, 'extract')).toEqual(ids(first, 'extract'));
    expect(ids(changed, 'mosaic')).toHaveLength(ids(first, 'mosaic').length);
    expect(ids(changed, 'mosaic').some((id) => ids(first, 'mosaic').includes(id))).toBe(false);
  });

  it('explains what failed, and ends with 1', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'meridian-e2e-frames-'));
    await cp(join(home.directory, 'pleiades'), directory, { recursive: true });
    for (const name of ['pleiades-03.fits', 'pleiades-04.fits', 'pleiades-05.fits'])
      rmSync(join(directory, name));
    // Its header is whole, so that it is registered; its pixels are not.
    truncateSync(join(directory, 'pleiades-02.fits'), 100_000);

    const { code, stdout } = await home.meridian('demo', '--json', '--input', directory);

    expect(code).toBe(1);
    expect(summaryIn(stdout).runs).toEqual({ completed: 1, failed: 1 });
    rmSync(directory, { recursive: true });
  });

  it('downloads a product verified, and shows what it is made from', async () => {
    const mosaic = first.products.find((product) => product.path.endsWith('mosaic.fits'));
    const target = join(home.directory, 'downloaded.fits');

    await home.mustMeridian('get', String(mosaic?.id), '-o', target);
    const lineage = await home.mustMeridian('lineage', String(mosaic?.id));

    expect(sha256Of(target)).toBe(mosaic?.sha256);
    expect(lineage.stdout.match(/raw data/g)).toHaveLength(2 * FRAMES);
  });

  it('proves where a mosaic comes from: its provenance names every raw frame by checksum', async () => {
    const mosaic = first.products.find((product) => product.path.endsWith('mosaic.fits'));
    const frames = readdirSync(join(home.directory, 'pleiades')).filter((name) => name.endsWith('.fits'));
    expect(frames).toHaveLength(FRAMES);
    for (const format of ['prov-json', 'ro-crate', 'ivoa']) {
      const target = join(home.directory, `provenance.${format}`);
      await home.mustMeridian('provenance', String(mosaic?.id), '--format', format, '-o', target);
      const text = readFileSync(target, 'utf8');
      for (const frame of frames) expect(text).toContain(sha256Of(join(home.directory, 'pleiades', frame)));
      expect(text).toContain(mosaic?.sha256);
    }
  });

  it('finds what a bad frame reaches, keeps what was current, and takes the word back', async () => {
    const { stdout } = await home.mustMeridian(
      'results',
      '--as-of',
      new Date().toISOString(),
      '--step',
      'mosaic',
      '--json',
    );
    const [result] = JSON.parse(stdout) as { run_id: number; products: number }[];
    expect(result?.products).toBeGreaterThan(0);
    const { up } = JSON.parse(
      (await home.mustMeridian('lineage', `run:${result?.run_id}`, '--up', '--json')).stdout,
    ) as {
      up: { items: { id: number; kind: string }[] };
    };
    const frame = String(up.items.find(({ kind }) => kind === 'RAW_DATA_FILE')?.id);
    const impact = JSON.parse((await home.mustMeridian('impact', frame, '--json')).stdout) as {
      total: { products: number };
    };
    const marked = await home.mustMeridian('taint', frame, '--reason', 'a satellite', '--json');
    const taint = JSON.parse(marked.stdout) as { id: number; products: number };
    expect(taint.products).toBe(impact.total.products);
    const tainted = JSON.parse((await home.mustMeridian('products', '--tainted', '--json')).stdout) as {
      run_id: number;
    }[];
    expect(tainted.map((product) => product.run_id)).toContain(result?.run_id);
    expect((await home.mustMeridian('reprocess', String(taint.id))).stdout).toContain('would be bad again');
    await home.mustMeridian('untaint', String(taint.id), '--reason', 'another frame');
    expect(JSON.parse((await home.mustMeridian('products', '--tainted', '--json')).stdout)).toEqual([]);
  });
});
