import { cpus, release, totalmem } from 'node:os';
import { gaps } from './gaps.bench.js';
import { idle } from './idle.bench.js';
import { lifecycle } from './lifecycle.bench.js';
import { printReport, type Benchmark } from './report.js';
import { results } from './results.bench.js';
import { runs } from './runs.bench.js';
import { slurm } from './slurm.bench.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { lifecycle, idle, slurm, gaps, runs, results };

async function main(): Promise<void> {
  const [name = '', ...options] = process.argv.slice(2);
  const benchmark = BENCHMARKS[name];
  if (benchmark === undefined) {
    console.error(
      `Usage: npm run bench -- NAME [--json], where NAME is one of ${Object.keys(BENCHMARKS).join(', ')}`,
    );
    process.exit(2);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  const isJson = options.includes('--json');
  const figures = await benchmark({ log: (line) => console.error(line), environment: process.env, options });
  printReport({ name, machine, figures }, isJson);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
