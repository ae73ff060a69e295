import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeridianHome } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

jest.setTimeout(240_000);

/** One row for each input, which it names by its id in the manifest, a metric, a warning, and products of two types. */
const PROGRAM = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const manifest = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
const out = process.env.WORKFLOW_OUTPUT_DIR;
const members = manifest.inputs.filter((input) => input.role !== 'association');
const rows = members.map(({ id, size_bytes: size }) => JSON.stringify({ item: id, size }));
for (const directory of ['results', 'science', 'plots']) mkdirSync(out + '/' + directory);
writeFileSync(out + '/results/sizes.ndjson', rows.join('\\n') + '\\n');
const text = manifest.inputs.map((input) => readFileSync(input.path, 'utf8')).sort().join('');
writeFileSync(out + '/science/result.txt', manifest.step + '(' + text + ')');
writeFileSync(out + '/plots/a.png', 'plot of ' + manifest.step);
writeFileSync(out + '/metrics.json', JSON.stringify([{ name: 'bytes', value: text.length, unit: 'B' }]));
writeFileSync(out + '/products.json', JSON.stringify({ products: [{ path: 'science/result.txt', dims: { level: manifest.step } }] }));
`;

interface Row {
  readonly id: number;
  readonly [name: string]: unknown;
}

describe('the loss of the database', () => {
  let folder: string;
  const homes: MeridianHome[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meridian-rebuild-'));
    for (const inner of ['work', 'raw', 'program']) mkdirSync(join(folder, inner));
    writeFileSync(join(folder, 'program', 'tool.mjs'), PROGRAM);
    writeFileSync(join(folder, 'pipeline.yaml'), JSON.stringify(definitions()));
  });
  afterAll(async () => {
    for (const home of homes) await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  function definitions() {
    const resources = { cpus: 1, memory_mb: 64, walltime_minutes: 5 };
    const step = { software: 'tool', resources, outputs: { required: [{ pattern: 'science/result.txt' }] } };
    const columns = [{ name: 'size', type: 'int64' }];
    return {
      software: [
        {
          name: 'tool',
          version: '1.0.0',
          directory: 'program',
          files: ['tool.mjs'],
          command: ['node', '{software_dir}/tool.mjs'],
          tables: [{ name: 'sizes', rows_of: 'item', columns }],
        },
      ],
      locations: [
        {
          name: 'work',
          kind: 'PROCESSING',
          base_path: join(folder, 'work'),
          backend: 'local',
          runtime: 'host',
        },
        { name: 'raw', kind: 'SOURCE', base_path: join(folder, 'raw') },
      ],
      groupings: [{ name: 'survey', filter: { all: [{ dim: 'dataset', operator: 'eq', value: 'survey' }] } }],
      pipelines: [
        {
          name: 'survey',
          grouping: 'survey',
          location: 'work',
          trigger: 'CONTINUOUS',
          steps: [
            { ...step, name: 'each', group_by: ['raw_data_file'], quality: [{ metric: 'bytes', min: 1 }] },
            { ...step, name: 'all', depends_on: ['each'], group_by: [] },
          ],
        },
      ],
    };
  }

  async function aSystem(): Promise<MeridianHome> {
    const home = await MeridianHome.create();
    homes.push(home);
    await home.mustMeridian('up', '--detach');
    await home.mustMeridian('apply', join(folder, 'pipeline.yaml'));
    return home;
  }
  const register = (home: MeridianHome, names: readonly string[]): Promise<void> =>
    registerRawFiles(home, {
      location: 'raw',
      folder: join(folder, 'raw'),
      contents: Object.fromEntries(names.map((name) => [name, `content of ${name}`])),
      dims: { dataset: 'survey' },
    });
  const completed = (home: MeridianHome, count: number) =>
    home.until(`${count} runs complete`, 90, async () => {
      const runs = await home.runs('survey');
      return runs.length === count && runs.every(({ status }) => status === 'COMPLETED') ? runs : null;
    });
  const names = ['a.fits', 'b.fits', 'c.fits'];

  /** All that is known of runs and what they made and used, without the numbers that a database gives items, and without when. */
  async function records(home: MeridianHome): Promise<unknown> {
    const runs = (await home.runs('survey')).sort((left, right) => left.id - right.id);
    const shown = [];
    for (const { id } of runs) {
      const run = await home.get<Record<string, unknown>>(`/runs/${id}`);
      const { status, pipeline, step, dims, causes, recipe_hash: recipeHash, recipe, config, software } = run;
      const { inputs, products, metrics, warnings, attempt } = run as Record<string, Row[]>;
      shown.push({
        ...{
          id,
          status,
          pipeline,
          step,
          dims,
          causes,
          recipeHash,
          recipe,
          config,
          software,
          attempt,
          metrics,
          warnings,
        },
        inputs: inputs?.map(withoutId).sort(byText),
        products: products?.map(withoutId).sort(byText),
        quality: ((await home.get<Row>(`/runs/${id}/quality`)) as Record<string, unknown>)['verdict'],
      });
    }
    const { items } = await home.get<{ items: Row[] }>('/products?limit=1000');
    return { runs: shown, products: items.map(withoutId).sort(byText) };
  }
  // Whether its file is there is no record: the database that was lost had not looked again.
  const OF_THIS_DATABASE: readonly string[] = ['id', 'created_at', 'registered_at', 'bytes'];
  const withoutId = (row: Row): object =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !OF_THIS_DATABASE.includes(name)));
  const byText = (left: unknown, right: unknown): number =>
    JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
  /** The cells of the result table that do not name an item, in the order of their text. */
  const rowsOf = async (home: MeridianHome): Promise<string[]> => {
    const file = join(home.directory, 'sizes.csv');
    await home.mustMeridian('tables', 'export', 'tool/sizes', '--format', 'csv', '-o', file);
    const [head = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
    const names = head.split(',');
    const kept = ['size', 'run_id', 'software_version'].map((name) => names.indexOf(name));
    return lines.map((line) => kept.map((index) => line.split(',')[index] ?? '').join(' ')).sort();
  };

  it('costs no record of a run, a product or where it came from: all are rebuilt from what attempts left, and nothing is run again', async () => {
    const lost = await aSystem();
    await register(lost, names);
    await completed(lost, 4);
    const before = await records(lost);
    const rows = await rowsOf(lost);
    expect(rows.length).toBeGreaterThan(names.length);
    const [gone] = (await lost.get<{ items: Row[] }>('/products?step=each&type=PLOT')).items;
    const { copies } = await lost.get<{ copies: { path: string }[] }>(`/products/${gone?.id}`);
    rmSync(join(folder, 'work', copies[0]?.path ?? ''));
    await lost.meridian('down');

    const home = await aSystem();
    await home.mustMeridian('pause', 'pipeline', 'survey', '--reason', 'it is rebuilt');
    const tooEarly = await home.meridian('rebuild', 'work');
    expect([tooEarly.code, tooEarly.stdout]).toEqual([1, expect.stringContaining('is not registered')]);

    await register(home, names);
    const planned = await home.mustMeridian('rebuild', 'work', '--dry-run');
    expect(planned.stdout).toContain('4 would be rebuilt with 8 products, of which 1 files are gone');
    expect(await home.runs('survey')).toEqual([]);
    const rebuilt = await home.mustMeridian('rebuild', 'work');
    expect(rebuilt.stdout).toContain(
      '0 have a record, 4 were rebuilt with 8 products, of which 1 files are gone',
    );
    const again = await home.mustMeridian('rebuild', 'work');
    expect(again.stdout).toContain('4 have a record, 0 were rebuilt');
    expect(await records(home)).toEqual(before);
    expect(await rowsOf(home)).toEqual(rows);
    const { items } = await home.get<{ items: { path: string; bytes: string }[] }>('/products?limit=1000');
    expect(items.filter(({ bytes }) => bytes === 'missing')).toEqual([
      expect.objectContaining({ path: gone?.['path'] }),
    ]);

    await home.mustMeridian('resume', 'pipeline', 'survey');
    await register(home, [...names, 'd.fits']);
    const runs = await completed(home, 6);
    expect(runs.map(({ step }) => step).sort()).toEqual(['all', 'all', 'each', 'each', 'each', 'each']);
  });
});
