import { parseArgs } from 'node:util';
import { faultsOnFake } from './fake/fake-site.js';
import { faultsOnLab } from './lab/lab-site.js';
import {
  describe,
  describeViolations,
  summarize,
  type FaultRun,
  type FaultRunOptions,
  type Progress,
} from './report.js';

/** What each site does with the wish for so many faults. */
const SITES: Readonly<Record<string, (options: FaultRunOptions) => Promise<FaultRun>>> = {
  fake: faultsOnFake,
  'lab-rest': faultsOnLab('lab-rest'),
  'lab-ssh': faultsOnLab('lab-ssh'),
};

const USAGE = `Usage: npm run faults -- --site ${Object.keys(SITES).join('|')} [--count N] [--seed S] [--world K] [--log] [--json]`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      site: { type: 'string', default: 'fake' },
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      world: { type: 'string' },
      log: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [count, seed, world] = [values.count, values.seed, values.world ?? '1'].map(Number);
  const site = SITES[values.site];
  if (site === undefined || !isWhole(count) || !isWhole(seed) || !isWhole(world)) throw new Error(USAGE);
  return { ...values, run: site, count, seed, world: values.world === undefined ? null : world };
}

const isWhole = (value: number | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;

async function main(): Promise<number> {
  const { site, run, count, seed, world, log, json } = readArguments();
  const result = await run({
    count,
    seed,
    world,
    onProgress: showProgress,
    onWorld: (report) => {
      if (log) for (const line of report.ledger.lines) console.error(line);
      for (const line of describeViolations(site, seed, report)) console.error(line);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const summary = summarize(site, seed, result);
  for (const line of describe(summary)) console.log(line);
  if (json) console.log(JSON.stringify(summary));
  return summary.lost + summary.doubled + summary.stuck === 0 ? 0 : 1;
}

/** One line that is written over on a terminal, and nothing elsewhere. */
function showProgress({ world, worlds, faults }: Progress): void {
  if (process.stderr.isTTY) process.stderr.write(`\rworld ${world} of ${worlds}: ${faults} faults so far `);
}

// Said to process.exit itself: the embedded PostgreSQL hooks into a silent end, and ends it with 0 whatever was left as the code.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  },
);
