import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@meridian/core';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { startBenchServer } from './bench-server.js';
import { graphileJobsPerSecond } from './graphile-yardstick.js';
import { managerPasses } from './manager-passes.js';
import { pendingRuns } from './pending-runs.js';
import { median, type Benchmark } from './report.js';

const ROUNDS = 3;
const RUNS_PER_ROUND = 2000;
const YARDSTICK_JOBS = 5000;

/**
 * P6: PENDING → COMPLETED through the real passes, with staging, manifest, job script, record and one product per run on a real
 * disk and every transition and event durable; only the job itself is instant. Beside graphile-worker on the same server.
 */
export const lifecycle: Benchmark = async ({ log }) => {
  const server = await startBenchServer();
  try {
    const dataSource = await opsDataSource({
      url: server.url,
      applicationName: 'bench',
      poolSize: 10,
    }).initialize();
    const base = join(server.directory, 'work');
    await mkdir(base);
    const rates: number[] = [];
    const yardsticks: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      yardsticks.push(
        await graphileJobsPerSecond(server.url.replace(/meridian$/, 'yardstick'), YARDSTICK_JOBS),
      );
      await pendingRuns(dataSource.manager, { base, count: RUNS_PER_ROUND, round });
      rates.push(await completeAll(dataSource));
      log(
        `round ${round}: ${rates.at(-1)?.toFixed(0)} runs/s; graphile-worker ${yardsticks.at(-1)?.toFixed(0)} jobs/s`,
      );
    }
    const transitions = await transitionsPerRun(dataSource);
    await dataSource.destroy();
    await rm(base, { recursive: true });
    const [value, yardstick] = [median(rates), median(yardsticks)];
    const ratio = value / yardstick;
    return {
      P6: {
        value,
        unit: 'per s',
        yardstick: { name: 'graphile-worker, unbatched, concurrency 10', value: yardstick },
        ratio,
        goal: '≥ 0.5 × with ≥ 6 durable transitions a run; ≥ 500/s',
        holds: ratio >= 0.5 && value >= 500 && transitions >= 6,
        note: `${transitions} transitions recorded per run; ${ROUNDS} interleaved rounds of ${RUNS_PER_ROUND} runs, medians`,
      },
    };
  } finally {
    await server.stop();
  }
};

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
      await observe.run(signal);
      await collect.run(signal);
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
