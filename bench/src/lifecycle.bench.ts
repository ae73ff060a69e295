import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { startBenchServer } from './bench-server.js';
import { graphileJobsPerSecond } from './graphile-yardstick.js';
import { managerPasses } from './manager-passes.js';
import { pendingRuns } from './pending-runs.js';
import { median, type Benchmark, type Figure } from './report.js';

const ROUNDS = 3;
const RUNS_PER_ROUND = 2000;
const YARDSTICK_JOBS = 5000;
const IDLE_MS = 10;

/** Where attempt directories lie: on the disk, as in life, and in memory, which leaves the engine's own cost. */
const BASES = { disk: null, memory: '/dev/shm' } as const;
type Base = keyof typeof BASES;

/**
 * P6: PENDING → COMPLETED through the real passes, with staging, manifest, job script, record and one product per run, every
 * transition and event durable; only the job itself is instant. Beside graphile-worker on the same server.
 */
export const lifecycle: Benchmark = async ({ log }) => {
  const server = await startBenchServer();
  const inMemory = await mkdtemp(join(BASES.memory, 'meridian-bench-'));
  try {
    const dataSource = await opsDataSource({
      url: server.url,
      applicationName: 'bench',
      poolSize: 10,
    }).initialize();
    const rates: Record<Base, number[]> = { disk: [], memory: [] };
    const yardsticks: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      yardsticks.push(
        await graphileJobsPerSecond(server.url.replace(/meridian$/, 'yardstick'), YARDSTICK_JOBS),
      );
      for (const [kind, base] of [
        ['disk', server.directory],
        ['memory', inMemory],
      ] as const) {
        const work = join(base, `work-${round}`);
        await mkdir(work);
        await pendingRuns(dataSource.manager, {
          base: work,
          count: RUNS_PER_ROUND,
          name: `${kind}-${round}`,
        });
        rates[kind].push(await completeAll(dataSource));
        await rm(work, { recursive: true });
      }
      log(
        `round ${round}: ${rates.disk.at(-1)?.toFixed(0)} runs/s on disk, ${rates.memory.at(-1)?.toFixed(0)} in memory; graphile-worker ${yardsticks.at(-1)?.toFixed(0)} jobs/s`,
      );
    }
    const transitions = await transitionsPerRun(dataSource);
    await dataSource.destroy();
    const figure = (kind: Base) => lifecycleFigure(median(rates[kind]), median(yardsticks), transitions);
    return { P6: figure('disk'), 'P6, attempt directories in memory': figure('memory') };
  } finally {
    await rm(inMemory, { recursive: true });
    await server.stop();
  }
};

function lifecycleFigure(value: number, yardstick: number, transitions: number): Figure {
  const ratio = value / yardstick;
  return {
    value,
    unit: 'per s',
    yardstick: { name: 'graphile-worker, unbatched, concurrency 10', value: yardstick },
    ratio,
    goal: '≥ 0.5 × with ≥ 6 durable transitions a run; ≥ 500/s',
    holds: ratio >= 0.5 && value >= 500 && transitions >= 6,
    note: `${transitions} transitions recorded per run; ${ROUNDS} interleaved rounds of ${RUNS_PER_ROUND} runs, medians`,
  };
}

/** Drives both managers' passes side by side until every run is COMPLETED; runs per second. */
async function completeAll(dataSource: DataSource): Promise<number> {
  const { submit, observe, collect } = managerPasses(dataSource);
  const { signal } = new AbortController();

  const startedAt = performance.now();
  let submitting = true;
  const submitAll = async (): Promise<void> => {
    while ((await submit.run(signal)) > 0);
    submitting = false;
  };
  const collectAll = async (): Promise<void> => {
    while (submitting || (await openRuns(dataSource)) > 0) {
      const changed = (await observe.run(signal)) + (await collect.run(signal));
      // A daemon sleeps until it is notified; asking on and on would only take the processor from the other one.
      if (changed === 0) await sleep(IDLE_MS);
    }
  };
  await Promise.all([submitAll(), collectAll()]);
  const seconds = (performance.now() - startedAt) / 1000;
  const done = await queryRow<{ count: number }>(
    dataSource.manager,
    sql`SELECT count(*)::int AS count FROM run WHERE status = 'COMPLETED' AND dims ->> 'counted' IS NULL`,
  );
  await queryRows(dataSource.manager, sql`UPDATE run SET dims = dims || '{"counted": "yes"}'`);
  if (done?.count !== RUNS_PER_ROUND) throw new Error(`${done?.count} of ${RUNS_PER_ROUND} runs completed`);
  return RUNS_PER_ROUND / seconds;
}

async function openRuns(dataSource: DataSource): Promise<number> {
  const row = await queryRow<{ count: number }>(
    dataSource.manager,
    sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NULL`,
  );
  return row?.count ?? 0;
}

/** The smallest number of recorded moves that any run has. */
async function transitionsPerRun(dataSource: DataSource): Promise<number> {
  const row = await queryRow<{ least: number }>(
    dataSource.manager,
    sql`SELECT min(moves)::int AS least FROM (SELECT count(*) AS moves FROM run_event GROUP BY run_id) AS counted`,
  );
  return row?.least ?? 0;
}
