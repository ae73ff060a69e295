import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeridianHome, type Run } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

jest.setTimeout(240_000);

/** Its result is what it was given, and a salt that Meridian knows nothing of: another salt makes other bytes of the same recipe. */
const PROGRAM = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const manifest = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
const { folder } = manifest.config;
appendFileSync(folder + '/books.txt', manifest.step + ' ' + manifest.run.id + '\\n');
await sleep(Number(readFileSync(folder + '/seconds', 'utf8')) * 1000);
const text = manifest.inputs.map((input) => readFileSync(input.path, 'utf8')).sort().join('');
const salt = manifest.step === 'first' ? readFileSync(folder + '/salt', 'utf8') : '';
writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/result.txt', manifest.step + '(' + text + salt + ')');
`;

interface Product {
  readonly id: number;
  readonly run_id: number;
  readonly step: string;
  readonly sha256: string;
}
interface Copy {
  readonly location: string;
  readonly path: string;
  readonly status: string;
}

describe('bytes that are gone', () => {
  let home: MeridianHome;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
  });
  afterAll(() => home.remove());

  const folderOf = (name: string): string => join(home.directory, 'data', name);
  const write = (name: string, file: string, text: string): void =>
    writeFileSync(join(folderOf(name), file), text);
  const executions = (name: string): string[] =>
    readFileSync(join(folderOf(name), 'books.txt'), 'utf8')
      .split('\n')
      .filter(Boolean);
  const executionsOf = (name: string, step: string): number =>
    executions(name).filter((line) => line.startsWith(`${step} `)).length;

  /** A chain first → second, and two steps `left` and `right` that take what `second` made, run to its end. */
  async function finishedPipeline(name: string): Promise<void> {
    const folder = folderOf(name);
    for (const inner of ['raw', 'program']) mkdirSync(join(folder, inner), { recursive: true });
    write(name, 'program/tool.mjs', PROGRAM);
    write(name, 'salt', 'salt');
    write(name, 'seconds', '0');
    appendFileSync(join(folder, 'books.txt'), '');
    const step = {
      software: name,
      config: { folder },
      resources: { cpus: 1, memory_mb: 64, walltime_minutes: 5 },
      outputs: {
        required: [{ pattern: 'result.txt' }],
        rules: [{ pattern: 'result.txt', type: 'INTERMEDIATE' }],
      },
      group_by: [],
    };
    write(
      name,
      'pipeline.yaml',
      JSON.stringify({
        software: [
          {
            name,
            version: '1.0.0',
            directory: 'program',
            files: ['tool.mjs'],
            command: ['node', '{software_dir}/tool.mjs'],
            config_schema: {
              type: 'object',
              properties: { folder: { type: 'string', 'x-role': 'runtime' } },
            },
          },
        ],
        locations: [
          {
            name: 'work',
            kind: 'PROCESSING',
            base_path: join(home.directory, 'work'),
            backend: 'local',
            runtime: 'host',
          },
          { name: `${name}-raw`, kind: 'SOURCE', base_path: join(folder, 'raw') },
        ],
        groupings: [{ name, filter: { all: [{ dim: 'dataset', operator: 'eq', value: name }] } }],
        pipelines: [
          {
            name,
            grouping: name,
            location: 'work',
            trigger: 'CONTINUOUS',
            steps: [
              { ...step, name: 'first' },
              { ...step, name: 'second', depends_on: ['first'] },
              { ...step, name: 'left', depends_on: ['second'] },
              { ...step, name: 'right', depends_on: ['second'] },
            ],
          },
        ],
      }),
    );
    await home.mustMeridian('apply', join(folder, 'pipeline.yaml'));
    await registerRawFiles(home, {
      location: `${name}-raw`,
      folder: join(folder, 'raw'),
      contents: { 'a.fits': `${name} a`, 'b.fits': `${name} b` },
      dims: { dataset: name },
    });
    await settled(name, { first: 1, second: 1, left: 1, right: 1 });
  }

  /** Every run is over, and of each step so many are completed. */
  const settled = (name: string, counts: Readonly<Record<string, number>>): Promise<Run[]> =>
    home.until(`the runs of ${name} are ${JSON.stringify(counts)}`, 90, async () => {
      const runs = await home.runs(name);
      const isOver = runs.every(({ status }) => status === 'COMPLETED');
      const matches = Object.entries(counts).every(
        ([step, count]) => runs.filter((run) => run.step === step).length === count,
      );
      return isOver && matches ? runs : null;
    });

  const productOf = async (name: string, step: string): Promise<Product> => {
    const { items } = await home.get<{ items: Product[] }>(`/products?pipeline=${name}&step=${step}`);
    const [product] = items;
    if (product === undefined || items.length > 1) throw new Error(`${step} has ${items.length} products`);
    return product;
  };
  const copiesOf = async (id: number): Promise<readonly Copy[]> =>
    (await home.get<{ copies: Copy[] }>(`/products/${id}`)).copies;

  /** As if somebody had removed the bytes of a step's product; an audit finds out. */
  async function lose(name: string, ...steps: readonly string[]): Promise<void> {
    for (const step of steps) {
      const { id } = await productOf(name, step);
      for (const { path } of await copiesOf(id)) rmSync(join(home.directory, 'work', path), { force: true });
    }
    await home.meridian('audit', 'work');
  }

  const states = async (name: string): Promise<string[]> =>
    (
      await home.get<{ items: { step: string; state: string }[] }>(`/gaps?pipeline=${name}&limit=100`)
    ).items.map(({ step, state }) => `${step} ${state}`);

  it('are made again when runs need them, back to the raw data, once for all who need them, and nothing becomes stale', async () => {
    const name = 'chain';
    await finishedPipeline(name);
    const before = await productOf(name, 'second');
    await lose(name, 'first', 'second');
    expect((await copiesOf(before.id)).map(({ status }) => status)).toEqual(['MISSING']);

    await home.mustMeridian('trigger', name, '--step', 'left', '--step', 'right', '--force');
    const runs = await settled(name, { first: 2, second: 2, left: 2, right: 2 });

    expect(['first', 'second', 'left', 'right'].map((step) => executionsOf(name, step))).toEqual([
      2, 2, 2, 2,
    ]);
    const after = await productOf(name, 'second');
    expect(after).toEqual(before);
    expect((await copiesOf(after.id)).map(({ status }) => status).sort()).toEqual(['MISSING', 'PRESENT']);
    expect(runs.every(({ attempt }) => attempt === 1)).toBe(true);
    expect((await states(name)).filter((line) => !line.endsWith(' current'))).toEqual([]);
  });

  it('that come out as others keep their record, and the run waits for a person, who may accept them as a new version', async () => {
    const name = 'salted';
    await finishedPipeline(name);
    const before = await productOf(name, 'first');
    await lose(name, 'first');
    write(name, 'salt', 'pepper');
    await home.mustMeridian('trigger', name, '--step', 'second', '--force');

    const waiting = await home.until(
      'the run waits for a person',
      60,
      async () =>
        (await home.runs(name)).find(
          ({ waiting_reason: reason }) => reason?.includes('other bytes') === true,
        ) ?? null,
    );
    expect([waiting.step, waiting.status]).toEqual(['second', 'PENDING']);
    expect(waiting.waiting_reason).toContain(`meridian rematerialise ${before.id} --accept`);
    expect(await productOf(name, 'first')).toEqual({ ...before, bytes: 'missing' });
    expect((await copiesOf(before.id)).map(({ status }) => status)).toEqual(['MISSING']);

    await home.mustMeridian('rematerialise', String(before.id), '--accept');
    await home.until('everything is made of the new version', 90, async () => {
      const runs = await home.runs(name);
      const isOver = runs.every(({ status }) => ['COMPLETED', 'CANCELLED'].includes(status));
      return isOver &&
        (await states(name)).every((line) => line.endsWith(' current')) &&
        executionsOf(name, 'left') === 2
        ? true
        : null;
    });
    const after = await productOf(name, 'first');
    expect([after.id === before.id, after.sha256 === before.sha256]).toEqual([false, false]);
  });

  it('are made again though managers are killed at any moment', async () => {
    const name = 'killed';
    await finishedPipeline(name);
    const before = await productOf(name, 'second');
    await lose(name, 'first', 'second');
    write(name, 'seconds', '0.5');
    await home.mustMeridian('trigger', name, '--step', 'left', '--force');
    let kills = 0;
    await home.until('managers were killed', 60, async () => {
      const victim = kills % 2 === 0 ? 'workflow-manager' : 'result-manager';
      const pid = (await home.processes())[victim] ?? 0;
      if (pid > 0) {
        process.kill(pid, 'SIGKILL');
        kills += 1;
      }
      return kills >= 6 ? true : null;
    });
    await settled(name, { first: 2, second: 2, left: 2, right: 1 });
    expect(await productOf(name, 'second')).toEqual(before);
    expect(['first', 'second', 'left'].map((step) => executionsOf(name, step))).toEqual([2, 2, 2]);
  });

  it('are made again because a person asks, but not while there is a copy', async () => {
    const name = 'asked';
    await finishedPipeline(name);
    const { id } = await productOf(name, 'first');
    const refused = await home.meridian('rematerialise', String(id));
    expect([refused.code === 0, refused.stderr]).toEqual([
      false,
      expect.stringContaining('has a copy of product'),
    ]);
    await lose(name, 'first');
    const made = await home.mustMeridian('rematerialise', String(id), '--wait');
    expect(made.stdout).toContain(': same by run');
    expect((await copiesOf(id)).map(({ status }) => status).sort()).toEqual(['MISSING', 'PRESENT']);
  });

  it('of which the software is gone leave a run waiting that says so', async () => {
    const name = 'toolless';
    await finishedPipeline(name);
    await lose(name, 'first');
    rmSync(join(folderOf(name), 'program', 'tool.mjs'));
    const { id } = await productOf(name, 'first');
    expect((await home.meridian('rematerialise', String(id), '--wait')).code).toBe(1);
    const { items } = await home.get<{ items: { state: string; reason: string }[] }>(
      '/rematerialisations?limit=1',
    );
    expect(items).toMatchObject([
      { state: 'failed', reason: expect.stringContaining('restore the program') as string },
    ]);
  });
});
