import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeridianHome, type Run } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

jest.setTimeout(180_000);

const IMAGING = join(__dirname, '..', '..', 'examples', 'imaging');
/** Quotes, slashes, newlines, expansions, a leading dash: everything a shell or a path could trip over. */
const HOSTILE = `-rf "a' b"/../\n$(touch pwned)\`id\`; ü`;

interface Setup {
  readonly name: string;
  readonly program?: string;
  readonly files?: readonly string[];
  readonly basePath?: string;
  readonly contents?: Readonly<Record<string, string>>;
  readonly dims?: Readonly<Record<string, string>>;
  readonly groupBy?: readonly string[];
}

const COPY = `
import { readFileSync, writeFileSync } from 'node:fs';
const manifest = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/out.txt', manifest.inputs.map((input) => readFileSync(input.path, 'utf8')).join(''));
`;

describe('wrong input', () => {
  let home: MeridianHome;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
  });
  afterAll(() => home.remove());

  const folderOf = (name: string): string => join(home.directory, 'data', name);

  async function apply(setup: Setup): Promise<void> {
    const folder = folderOf(setup.name);
    mkdirSync(join(folder, 'raw'), { recursive: true });
    mkdirSync(join(folder, 'program'), { recursive: true });
    writeFileSync(join(folder, 'program', 'tool.mjs'), setup.program ?? COPY);
    writeFileSync(join(folder, 'pipeline.yaml'), JSON.stringify(definitions(setup)));
    await home.mustMeridian('apply', join(folder, 'pipeline.yaml'));
  }

  function definitions({ name, basePath, groupBy = ['raw_data_file'] }: Setup) {
    return {
      software: [
        {
          name,
          version: '1.0.0',
          directory: 'program',
          files: ['tool.mjs'],
          command: ['node', '{software_dir}/tool.mjs'],
        },
      ],
      locations: [
        {
          name: `${name}-at`,
          kind: 'PROCESSING',
          base_path: basePath ?? join(home.directory, 'work'),
          backend: 'local',
          runtime: 'host',
        },
        { name: `${name}-raw`, kind: 'SOURCE', base_path: join(folderOf(name), 'raw') },
      ],
      groupings: [{ name, filter: [{ dim: 'dataset', operator: 'eq', value: name }] }],
      pipelines: [
        {
          name,
          grouping: name,
          location: `${name}-at`,
          trigger: 'CONTINUOUS',
          steps: [
            {
              name: 'copy',
              software: name,
              group_by: groupBy,
              outputs: { rules: [{ pattern: 'out.txt', type: 'SCIENCE' }] },
            },
          ],
        },
      ],
    };
  }

  const register = ({ name, contents = { 'a.fits': 'a', 'b.fits': 'b' }, dims = {} }: Setup) =>
    registerRawFiles(home, {
      location: `${name}-raw`,
      folder: join(folderOf(name), 'raw'),
      contents,
      dims: { dataset: name, ...dims },
    });

  const finished = (pipeline: string, count: number): Promise<Run[]> =>
    home.until(`${count} runs of ${pipeline} end`, 60, async () => {
      const runs = (await home.runs(pipeline)).filter((run) =>
        /^(COMPLETED|FAILED|CANCELLED)/.test(run.status),
      );
      return runs.length === count ? runs : null;
    });
  const brief = (runs: readonly Run[]) =>
    runs.map(({ status, failure_class }) => [status, failure_class]).sort();

  it('a truncated FITS file fails its own run as BAD_DATA, names the file, and leaves the others alone', async () => {
    const input = join(folderOf('truncated'), 'raw');
    execFileSync(process.execPath, [join(IMAGING, 'render.mjs'), input, '--frames', '2'], {
      stdio: 'ignore',
    });
    rmSync(join(input, 'truth.csv'), { force: true });
    const [first = ''] = execFileSync('ls', [input], { encoding: 'utf8' })
      .split('\n')
      .filter((name) => name.endsWith('.fits'));
    writeFileSync(join(input, first), readFileSync(join(input, first)).subarray(0, 100_000));

    const { code, stdout, stderr } = await home.meridian('demo', '--input', input);

    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain('BAD_DATA');
    expect(`${stdout}${stderr}`).toContain(first);
    const runs = (await home.get<{ items: Run[] }>('/runs?limit=1000')).items.filter(
      (run) => run.step === 'extract',
    );
    expect(brief(runs)).toEqual([
      ['COMPLETED', null],
      ['FAILED', 'BAD_DATA'],
    ]);
  });

  it('a file that vanishes after its registration fails one run as STAGING and is named', async () => {
    const setup = { name: 'vanished' };
    await apply(setup);
    await home.request('POST', '/pipelines/vanished/pause', { reason: 'not yet' });
    await register(setup);
    rmSync(join(folderOf('vanished'), 'raw', 'a.fits'));
    await home.request('POST', '/pipelines/vanished/resume', {});

    const runs = await finished('vanished', 2);

    expect(brief(runs)).toEqual([
      ['COMPLETED', null],
      ['FAILED', 'STAGING'],
    ]);
    expect(runs.find((run) => run.status === 'FAILED')?.failure_reason).toContain('a.fits');
  });

  it('a step whose program does not exist fails before it is submitted, and says which', async () => {
    const setup = { name: 'missing-program', contents: { 'a.fits': 'a' } };
    await apply(setup);
    rmSync(join(folderOf('missing-program'), 'program'), { recursive: true });
    await register(setup);

    const [run] = await finished('missing-program', 1);

    expect(run).toMatchObject({ status: 'FAILED', failure_class: 'SOFTWARE' });
    expect(run?.failure_reason).toContain(join(folderOf('missing-program'), 'program'));
  });

  it('a dimension value full of shell reaches the program as data and nothing else', async () => {
    const setup = {
      name: 'hostile',
      contents: { 'a.fits': 'a' },
      dims: { object: HOSTILE },
      groupBy: ['object'],
    };
    await apply(setup);
    await register(setup);

    const [run] = await finished('hostile', 1);

    expect(run).toMatchObject({ status: 'COMPLETED' });
    const { items } = await home.get<{ items: { dims: Record<string, string> }[] }>(
      '/products?pipeline=hostile',
    );
    expect(items.map((product) => product.dims['object'])).toEqual([HOSTILE]);
    expect(execFileSync('find', [home.directory, '-name', 'pwned'], { encoding: 'utf8' })).toBe('');
  });

  it('a filter on an unknown column and a circle of steps are refused with their places, and nothing is written', async () => {
    const folder = folderOf('refused');
    mkdirSync(join(folder, 'program'), { recursive: true });
    writeFileSync(join(folder, 'program', 'tool.mjs'), COPY);
    const file = definitions({ name: 'refused' });
    const step = file.pipelines[0]?.steps[0];
    const steps = [
      { ...step, name: 'one', depends_on: ['two'] },
      { ...step, name: 'two', depends_on: ['one'] },
    ];
    const filter = [{ table: 'Source', column: 'colour', operator: 'eq', value: 'red' }];
    const wrong = {
      ...file,
      groupings: [{ name: 'refused', filter }],
      pipelines: [{ ...file.pipelines[0], steps }],
    };
    writeFileSync(join(folder, 'pipeline.yaml'), JSON.stringify(wrong));

    const { code, stderr } = await home.meridian('apply', join(folder, 'pipeline.yaml'));

    expect(code).toBe(2);
    expect(stderr).toContain('filter.unknown_column');
    expect(stderr).toContain('/groupings/0/filter/0');
    expect(stderr).toContain('pipeline.cycle');
    expect((await home.get<{ code?: string }>('/pipelines/refused')).code).toBe('pipeline.not_found');
  });

  it('a full output disk fails no run for good and disturbs nobody: it ends once there is room', async () => {
    const disk = join(home.directory, 'small-disk');
    mkdirSync(disk);
    if (!mountSmallDisk(disk)) {
      console.warn('NOT TESTED: a full disk needs root to mount a small one');
      return;
    }
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(900 * 1024));
      const setup = { name: 'full', basePath: disk, contents: { 'a.fits': 'a'.repeat(300 * 1024) } };
      await apply(setup);
      await register(setup);
      await home.until('the full disk is noticed', 60, async () => {
        const [run] = await home
          .get<{ items: (Run & { waiting_reason: string | null })[] }>('/runs?pipeline=full')
          .then(({ items }) => items);
        return run !== undefined && (run.waiting_reason !== null || run.attempt > 0) ? run : null;
      });
      rmSync(join(disk, 'ballast'));

      const [run] = await finished('full', 1);

      expect(run).toMatchObject({ status: 'COMPLETED', failure_class: null, failure_reason: null });
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});

function mountSmallDisk(disk: string): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
