import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { labFacts, systemUser, type SystemUser } from '@meridian/hpc/testing';
import { MeridianHome, type Run } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

jest.setTimeout(240_000);

const CONTENTS = ['one\n', 'two\n', 'three\n'];
const PROGRAM = `set -eu
find -L "$WORKFLOW_INPUT_DIR" -type f | sort | xargs cat | tr a-z A-Z >"$WORKFLOW_OUTPUT_DIR/result.txt"
echo '{"lines": 3}' >"$WORKFLOW_OUTPUT_DIR/metrics.json"
`;

interface Product {
  readonly sha256: string;
}

describe.each(['host', 'apptainer'])('a site whose files only its own user sees, runtime %s', (runtime) => {
  const lab = labFacts();
  const daemons = systemUser(lab.user);
  const jobs = systemUser(lab.other_user);
  let home: MeridianHome;
  let base: string;
  let runs: readonly Run[];

  beforeAll(async () => {
    home = await MeridianHome.create({ user: daemons, settings: { HASH_POLICY: 'full' } });
    base = mkdtempSync(join(lab.base_paths.rest, 'sftp-'));
    give(base, jobs);
    chmodSync(base, 0o700);
    await home.mustMeridian('up', '--detach');
    await definePipeline();
    await home.until('all runs end', 180, async () => {
      runs = await home.runs('far');
      return runs.length === 4 && runs.every(({ status }) => /^(COMPLETED|FAILED)$/.test(status))
        ? runs
        : null;
    });
  });
  afterAll(async () => {
    await home.remove();
    rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  });

  async function definePipeline(): Promise<void> {
    const folder = join(home.directory, 'data');
    mkdirSync(join(folder, 'program'), { recursive: true });
    writeFileSync(join(folder, 'program', 'upper.sh'), PROGRAM);
    const key = join(folder, 'key');
    copyFileSync(lab.other_ssh_key_file, key);
    chmodSync(key, 0o600);
    give(key, daemons);
    const raw = join(folder, 'raw');
    mkdirSync(raw);
    writeFileSync(join(folder, 'far.yaml'), JSON.stringify(definitions(raw, key)));
    await home.mustMeridian('apply', join(folder, 'far.yaml'));
    await registerRawFiles(home, {
      location: 'far-raw',
      folder: raw,
      contents: Object.fromEntries(CONTENTS.map((content, at) => [`${at}.fits`, content])),
      dims: { dataset: 'far' },
    });
  }

  const definitions = (raw: string, key: string) => {
    const outputs = {
      required: [{ pattern: 'result.txt' }],
      rules: [{ pattern: 'result.txt', type: 'SCIENCE' }],
    };
    const step = { software: 'upper', resources: { cpus: 1, memory_mb: 200, walltime_minutes: 5 }, outputs };
    return {
      software: [
        {
          name: 'upper',
          version: '1.0.0',
          directory: 'program',
          files: ['upper.sh'],
          ...(runtime === 'host' ? {} : { image: lab.image }),
          command: ['sh', '{software_dir}/upper.sh'],
        },
      ],
      locations: [
        { name: 'far-raw', kind: 'SOURCE', base_path: raw },
        {
          name: 'far-away',
          kind: 'PROCESSING',
          base_path: base,
          backend: 'slurm-ssh',
          runtime,
          backend_config: {
            host: lab.ssh_host,
            port: lab.ssh_port,
            user: jobs.name,
            private_key_file: key,
            host_key: lab.ssh_host_key,
            partition: 'debug',
            files: 'sftp',
          },
        },
      ],
      groupings: [{ name: 'far', filter: [{ dim: 'dataset', operator: 'eq', value: 'far' }] }],
      pipelines: [
        {
          name: 'far',
          grouping: 'far',
          location: 'far-away',
          trigger: 'CONTINUOUS',
          steps: [
            { ...step, name: 'each', group_by: ['raw_data_file'] },
            { ...step, name: 'all', depends_on: ['each'], group_by: [] },
          ],
        },
      ],
    };
  };

  it('is closed to the daemons', () => {
    const look = (): unknown =>
      execFileSync(
        'setpriv',
        ['--reuid', daemons.name, '--regid', daemons.name, '--init-groups', 'ls', base],
        {
          stdio: 'pipe',
        },
      );
    expect(look).toThrow(/Permission denied/);
  });

  it('runs both steps to their end, each once', () => {
    expect(runs.map(({ status, failure_reason }) => failure_reason ?? status)).toEqual(
      Array.from({ length: 4 }, () => 'COMPLETED'),
    );
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
  });

  it('has the products that are registered, made from its inputs', async () => {
    const { items } = await home.get<{ items: Product[] }>('/products?pipeline=far&type=SCIENCE&limit=100');
    const made = readdirSync(base, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('/output/result.txt'))
      .map((path) => readFileSync(join(base, path), 'utf8'));
    const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(items.map(({ sha256 }) => sha256).sort()).toEqual(made.map(hashOf).sort());
    const words = made.map((text) => text.split('\n').filter(Boolean).sort().join(' '));
    expect(words.sort()).toEqual(['ONE', 'ONE THREE TWO', 'THREE', 'TWO']);
  });
});

function give(path: string, { uid, gid }: SystemUser): void {
  chownSync(path, uid, gid);
}
