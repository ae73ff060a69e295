import { chown, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { LAB_SITES, type LabSite } from '@meridian/hpc/testing/lab';
import { startBenchServer } from './bench-server.js';
import type { Benchmark, Figure } from './report.js';
import { requests, throughput } from './slurm-arrays.js';
import { Lab } from './slurm-lab.js';
import { latency } from './slurm-latency.js';
import { merge } from './slurm-merge.js';
import { Meridian } from './slurm-meridian.js';
import { writeProgram, type Bench } from './slurm-pipeline.js';

const PARTS = ['P5', 'P9', 'merge', 'P8', 'P7'] as const;
type Part = (typeof PARTS)[number];

interface SlurmOptions {
  readonly site: LabSite;
  readonly parts: readonly Part[];
  /** Runs of P7; P8 has a tenth of them. */
  readonly runs: number;
  readonly rounds: number;
  readonly items: number;
  readonly settings: Readonly<Record<string, string>>;
}

const DEFAULT_POLL_MS = 2_000;

/**
 * P5, P7, P8, P9 and the merge of 200 tiny tasks, by whole daemons on a real Slurm, each beside the same by hand.
 *
 * --site lab-rest|lab-ssh, --only P5,P8, --runs N (of P7; P8 takes a tenth), --rounds N, --items N (of P5),
 * --setting NAME=VALUE (of the daemons). The negative control: `--setting MERIDIAN_WORKFLOW_BATCH_SIZE=20` and P7 falls short,
 * `--setting MERIDIAN_POLL_INTERVAL_MS=10000` and P8 and merge do.
 */
export const slurm: Benchmark = async ({ log, environment, options: words }) => {
  const options = readOptions(words);
  const lab = Lab.open(environment['MERIDIAN_LAB'] ?? '/var/lib/meridian-lab');
  const server = await startBenchServer(['track_commit_timestamp=on']);
  const home = await mkdtemp(join(tmpdir(), 'meridian-bench-home-'));
  const base = lab.facts.base_paths[options.site === 'lab-rest' ? 'rest' : 'ssh'];
  const directory = await mkdtemp(join(dirname(base), 'bench-'));
  try {
    for (const path of [home, directory]) await chown(path, lab.user.uid, lab.user.gid);
    await writeProgram(lab, directory);
    const { settings, site } = options;
    const meridian = await Meridian.start({ lab, databaseUrl: server.url, home, settings });
    try {
      log(
        `Slurm ${lab.facts.slurm_version}, ${lab.facts.nodes.length} nodes; load ${loadavg()[0]?.toFixed(1)}`,
      );
      return await measure({ lab, site, meridian, directory, log }, options);
    } finally {
      await meridian.stop();
    }
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  }
};

async function measure(bench: Bench, options: SlurmOptions): Promise<Record<string, Figure>> {
  const { parts, runs, rounds, items, settings } = options;
  const pollMs = Number(settings['MERIDIAN_POLL_INTERVAL_MS'] ?? DEFAULT_POLL_MS);
  const wants = (...some: readonly Part[]): boolean => some.some((part) => parts.includes(part));
  const loads = [loadavg()[0] ?? 0];
  const figures: Record<string, Figure> = {};
  if (wants('P5', 'P9')) Object.assign(figures, await latency(bench, { count: items, pollMs }));
  loads.push(loadavg()[0] ?? 0);
  if (wants('merge')) Object.assign(figures, await merge(bench, { rounds }));
  loads.push(loadavg()[0] ?? 0);
  if (wants('P8'))
    Object.assign(figures, await throughput(bench, { count: Math.ceil(runs / 10), rounds, pollMs }));
  if (wants('P7')) Object.assign(figures, await requests(bench, { count: runs, pollMs }));
  loads.push(loadavg()[0] ?? 0);
  bench.log(`load averages along the way: ${loads.map((load) => load.toFixed(1)).join(', ')}`);
  return figures;
}

function readOptions(words: readonly string[]): SlurmOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      site: { type: 'string', default: 'lab-rest' },
      only: { type: 'string', default: PARTS.join(',') },
      runs: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '3' },
      items: { type: 'string', default: '100' },
      setting: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean' },
    },
  });
  return {
    site: oneOf(LAB_SITES, values.site),
    parts: values.only.split(',').map((part) => oneOf(PARTS, part)),
    runs: positive('runs', values.runs),
    rounds: positive('rounds', values.rounds),
    items: positive('items', values.items),
    settings: Object.fromEntries(
      values.setting.map((setting) => {
        const [name = '', ...value] = setting.split('=');
        return [name, value.join('=')];
      }),
    ),
  };
}

function oneOf<Value extends string>(values: readonly Value[], given: string): Value {
  const found = values.find((value) => value === given);
  if (found === undefined) throw new Error(`${given} is none of ${values.join(', ')}`);
  return found;
}

function positive(name: string, given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${given} is no number above 0`);
  return value;
}
