import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeridianHome } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

/** A row for its file, whose number is what the file holds. */
const MEASURE = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { inputs } = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
mkdirSync(process.env.WORKFLOW_OUTPUT_DIR + '/results');
const line = ({ id, path }) => JSON.stringify({ item: id, number: Number(readFileSync(path, 'utf8')) }) + '\\n';
writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/results/numbers.ndjson', inputs.map(line).join(''));
`;
/** The sum of the rows that it is given. */
const SUMMARY = `
import { readFileSync, writeFileSync } from 'node:fs';
const { inputs } = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
const rows = inputs.flatMap(({ path }) => readFileSync(path, 'utf8').trim().split('\\n').map((line) => JSON.parse(line)));
const sum = rows.reduce((total, { number }) => total + number, 0);
writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/sum.txt', rows.length + ' rows, ' + sum);
`;

interface Product {
  readonly id: number;
  readonly path: string;
  readonly type: string;
  readonly run_id: number;
  readonly sha256: string;
  readonly stale_reasons: readonly string[] | null;
}

jest.setTimeout(180_000);

describe('a step that takes rows of a result table', () => {
  let home: MeridianHome;
  let folder: string;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
    folder = join(home.directory, 'data');
    mkdirSync(join(folder, 'raw'), { recursive: true });
    mkdirSync(join(folder, 'program'));
    writeFileSync(join(folder, 'program/measure.mjs'), MEASURE);
    writeFileSync(join(folder, 'program/summary.mjs'), SUMMARY);
    writeFileSync(join(folder, 'pipeline.yaml'), JSON.stringify(definitions()));
    await home.mustMeridian('apply', join(folder, 'pipeline.yaml'));
  });
  afterAll(() => home.remove());

  const definitions = () => {
    const program = (name: string) => ({
      ...{ name, version: '1.0.0', directory: 'program', files: [`${name}.mjs`] },
      command: ['node', `{software_dir}/${name}.mjs`],
    });
    const columns = [{ name: 'number', type: 'float64', unit: 'ct' }];
    const resources = { cpus: 1, memory_mb: 64, walltime_minutes: 5 };
    return {
      software: [
        { ...program('measure'), tables: [{ name: 'numbers', as_input: true, columns }] },
        program('summary'),
      ],
      locations: [
        {
          name: 'here',
          kind: 'PROCESSING',
          base_path: join(home.directory, 'work'),
          backend: 'local',
          runtime: 'host',
        },
        { name: 'raw', kind: 'SOURCE', base_path: join(folder, 'raw') },
      ],
      groupings: [{ name: 'numbers', filter: [{ dim: 'dataset', operator: 'eq', value: 'numbers' }] }],
      pipelines: [
        {
          ...{ name: 'numbers', grouping: 'numbers', location: 'here', trigger: 'CONTINUOUS' },
          steps: [
            { name: 'measure', software: 'measure', group_by: ['raw_data_file'], resources },
            {
              ...{ name: 'summary', software: 'summary', depends_on: ['measure'], group_by: [], resources },
              inputs: { types: ['TABLE'] },
              outputs: { rules: [{ pattern: 'sum.txt', type: 'SCIENCE' }] },
            },
          ],
        },
      ],
    };
  };
  const register = (contents: Record<string, string>) =>
    registerRawFiles(home, {
      location: 'raw',
      folder: join(folder, 'raw'),
      contents,
      dims: { dataset: 'numbers' },
    });
  const products = async (query: string): Promise<Product[]> =>
    (await home.get<{ items: Product[] }>(`/products?pipeline=numbers&${query}`)).items;
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  /** The present summary, once it is this text, of another run than `before`. */
  const summary = (text: string, before = 0): Promise<Product> =>
    home.until(`the summary "${text}"`, 60, async () => {
      const [found] = await products('step=summary&type=SCIENCE');
      return found !== undefined && found.run_id !== before && found.sha256 === sha256(text) ? found : null;
    });

  it('is run on all of them, and again when there are others, and never needs what they were measured on', async () => {
    await register({ 'a.fits': '1', 'b.fits': '20' });
    const first = await summary('2 rows, 21');
    await register({ 'c.fits': '300' });
    const second = await summary('3 rows, 321', first.run_id);
    expect(await products('stale=true&step=summary')).toMatchObject([
      { id: first.id, stale_reasons: ['superseded'] },
    ]);

    // Neither raw files nor what the measuring runs left: only the ops-db has the rows.
    rmSync(join(folder, 'raw'), { recursive: true });
    const work = join(home.directory, 'work');
    const left = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('results/numbers.ndjson'),
    );
    expect(left).toHaveLength(3);
    for (const path of left) rmSync(join(work, path));
    await home.mustMeridian('trigger', 'numbers', '--step', 'summary', '--force');
    const third = await summary('3 rows, 321', second.run_id);
    expect((await home.runs('numbers')).map(({ step, status }) => `${step} ${status}`).sort()).toEqual([
      ...['measure COMPLETED', 'measure COMPLETED', 'measure COMPLETED'],
      ...['summary COMPLETED', 'summary COMPLETED', 'summary COMPLETED'],
    ]);
    const [rows] = await products('type=TABLE');
    const downloaded = join(folder, 'rows.ndjson');
    await home.mustMeridian('get', String(rows?.id), '-o', downloaded);
    expect(sha256(readFileSync(downloaded, 'utf8'))).toBe(rows?.sha256);
    const lineage = await home.mustMeridian('lineage', String(third.id));
    expect(lineage.stdout.match(/numbers\.ndjson/g)).toHaveLength(3);
    expect(lineage.stdout.match(/raw data/g)).toHaveLength(3);
  });
});
