import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '@meridian/ops-db/testing';
import { startBenchServer } from './bench-server.js';
import type { Benchmark, Figures } from './report.js';

const SETTLE_SECONDS = 20;
const MEASURE_SECONDS = 60;
/** sysconf(_SC_CLK_TCK) on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const ENTRIES = ['ops-db-api', 'trigger-manager', 'workflow-manager', 'result-manager'];
/** The flags that the supervisor and the systemd units use. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512'];

/** P16: what the three daemons and the API cost when there is nothing to do. */
export const idle: Benchmark = async ({ log, environment }) => {
  const server = await startBenchServer();
  const root = join(__dirname, '..', '..');
  const settings = {
    ...environment,
    DATABASE_URL: server.url,
    MERIDIAN_API_PORT: String(await freePort()),
    MERIDIAN_LOG_LEVEL: 'warn',
  };
  const children = ENTRIES.map((name) =>
    spawn(process.execPath, [...NODE_FLAGS, join(root, 'apps', name, 'dist', 'main.js')], {
      env: settings,
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );
  const statements = new Client({ connectionString: server.url });
  try {
    await statements.connect();
    await statements.query('CREATE EXTENSION pg_stat_statements');
    log(`settling for ${SETTLE_SECONDS} s, then measuring for ${MEASURE_SECONDS} s`);
    await sleep(SETTLE_SECONDS * 1000);
    const before = { cpu: await cpuSeconds(children), calls: await calls(statements) };
    await sleep(MEASURE_SECONDS * 1000);
    const cpu = ((await cpuSeconds(children)) - before.cpu) / MEASURE_SECONDS;
    const perSecond = ((await calls(statements)) - before.calls) / MEASURE_SECONDS;
    const sizes = await Promise.all(children.map(residentMegabytes));
    ENTRIES.forEach((name, index) => log(`  ${name}: ${(sizes[index] ?? 0).toFixed(0)} MB resident`));
    return idleFigures(
      cpu * 100,
      sizes.reduce((sum, size) => sum + size, 0),
      perSecond,
    );
  } finally {
    await statements.end();
    await Promise.all(children.map(stop));
    await server.stop();
  }
};

const idleFigures = (cpuPercent: number, megabytes: number, statementsPerSecond: number): Figures => ({
  'P16 processor': figure(cpuPercent, '% of a core', '≤ 1 %', cpuPercent <= 1),
  'P16 memory': figure(megabytes, 'MB resident, four processes', '≤ 450 MB', megabytes <= 450),
  'P16 statements': figure(statementsPerSecond, 'statements/s', '< 10', statementsPerSecond < 10),
});

const figure = (value: number, unit: string, goal: string, holds: boolean) => ({
  value,
  unit,
  yardstick: null,
  ratio: null,
  goal,
  holds,
});

async function cpuSeconds(children: readonly ChildProcess[]): Promise<number> {
  const each = await Promise.all(
    children.map(async ({ pid }) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Fields 14 and 15 (utime, stime); the second field may hold spaces, so count from its closing bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    }),
  );
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

async function residentMegabytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function calls(client: Client): Promise<number> {
  const { rows } = await client.query<{ calls: string }>(
    `SELECT sum(calls) AS calls FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'`,
  );
  return Number(rows[0]?.calls ?? 0);
}

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
