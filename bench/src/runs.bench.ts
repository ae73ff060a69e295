import { parseArgs } from 'node:util';
import { opsDataSource } from '@meridian/ops-db';
import { Client } from 'pg';
import { startBenchServer } from './bench-server.js';
import { median, type Benchmark, type Figure, type Figures } from './report.js';
import { fillRuns, type RunArchive } from './runs-archive.js';
import { RunningApi } from './runs-api.js';
import {
  controlFigure,
  COUNTS,
  latencyFigure,
  LISTS,
  NOBODY_HAS,
  noTimings,
  timeOnce,
  timeRound,
  worstOf,
  type Timings,
} from './runs-lists.js';

/** Beyond PostgreSQL's defaults, which are those of a small machine; no log of indexes that are built. */
const SETTINGS = [
  'shared_buffers=2GB',
  'max_wal_size=3GB',
  'checkpoint_timeout=15min',
  'wal_level=minimal',
  'max_wal_senders=0',
];
/** As many as single moves leave in the time between two folds, at 500 a second. */
const CHANGES_NOT_FOLDED = 10_000;
const CONTROL_SAMPLES = 5;

/**
 * P12: p95 of lists and counts of runs over HTTP, beside p95 of looking one run up by its id over the same connection, by turns.
 *
 * --runs N (10,000,000 for the record), --rounds N (30 of each question a round).
 */
export const runs: Benchmark = async ({ log, environment, options }) => {
  const { count, rounds } = readOptions(options);
  const server = await startBenchServer(SETTINGS);
  try {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      const archive = await fill(client, server.url, count, log);
      const api = await RunningApi.start(server.url, environment);
      try {
        return {
          ...(await measure(api, client, archive, { rounds, log })),
          ...(await controls(api, client, archive)),
        };
      } finally {
        await api.stop();
      }
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
};

function readOptions(words: readonly string[]): { count: number; rounds: number } {
  const { values } = parseArgs({
    args: words.filter((word) => word !== '--json'),
    options: { runs: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '5' } },
  });
  const [count, rounds] = [Number(values.runs), Number(values.rounds)];
  if (!(count >= 10_000) || !Number.isInteger(count))
    throw new Error('--runs wants a whole number, 10000 at least');
  if (!(rounds >= 1) || !Number.isInteger(rounds))
    throw new Error('--rounds wants a whole number, 1 at least');
  return { count, rounds };
}

async function fill(
  client: Client,
  url: string,
  count: number,
  log: (line: string) => void,
): Promise<RunArchive> {
  const startedAt = performance.now();
  const dataSource = await opsDataSource({ url, applicationName: 'bench' }).initialize();
  try {
    const archive = await fillRuns(client, dataSource.manager, count);
    const { rows } = await client.query<{ data: string; log: string }>(
      `SELECT pg_size_pretty(pg_database_size(current_database())) AS data, (SELECT pg_size_pretty(sum(size)) FROM pg_ls_waldir()) AS log`,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    log(`${count} runs made in ${seconds} s: ${rows[0]?.data} of data, ${rows[0]?.log} of write-ahead log`);
    return archive;
  } finally {
    await dataSource.destroy();
  }
}

async function measure(
  api: RunningApi,
  client: Client,
  archive: RunArchive,
  { rounds, log }: { rounds: number; log: (line: string) => void },
): Promise<Figures> {
  await client.query(
    `INSERT INTO run_tally_change SELECT step_id, 'COMPLETED', (n % 2) * 2 - 1 FROM bench_step, generate_series(1, $1::int / 21) n`,
    [CHANGES_NOT_FOLDED],
  );
  const lists = new Map<string, Timings>();
  const counts = new Map<string, Timings>();
  for (let round = 1; round <= rounds; round += 1) {
    const startedAt = performance.now();
    await timeRound(api, archive, LISTS, lists);
    await timeRound(api, archive, COUNTS, counts);
    log(`round ${round} of ${rounds} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  const named = (kind: string, timings: Map<string, Timings>): Figures =>
    Object.fromEntries(
      [...timings].map(([name, one]) => [`P12 at ${archive.runs}, ${kind} of ${name}`, latencyFigure(one)]),
    );
  const [ofLists, ofCounts] = [named('list', lists), named('count', counts)];
  return {
    [`P12 at ${archive.runs}, lists`]: worstOf(ofLists),
    [`P12 at ${archive.runs}, counts`]: worstOf(ofCounts),
    ...ofLists,
    ...ofCounts,
  };
}

/** What the same questions cost without what answers them: counting the runs, and a list without its index. */
async function controls(api: RunningApi, client: Client, archive: RunArchive): Promise<Figures> {
  const summaries: number[] = [];
  const countings: number[] = [];
  for (let n = 0; n < CONTROL_SAMPLES; n += 1) {
    const told = await api.ask('/runs/summary');
    const startedAt = performance.now();
    const counted = await countedAnew(client);
    countings.push(performance.now() - startedAt);
    summaries.push(told.milliseconds);
    if (totals(told.body) !== counted)
      throw new Error(`the tally says ${totals(told.body)}, counting says ${counted}`);
  }
  const anew: Figure = {
    value: median(countings),
    unit: 'ms',
    yardstick: { name: 'GET /runs/summary', value: median(summaries) },
    ratio: median(countings) / median(summaries),
    goal: '',
    holds: true,
    note: 'the summary said the same for every step and status',
  };
  // Both: PostgreSQL 18 finds a status in the index that begins with the step, too.
  await client.query('DROP INDEX run_by_status, run_by_step_and_status');
  const without = noTimings();
  for (let n = 0; n < CONTROL_SAMPLES; n += 1) await timeOnce(api, archive, NOBODY_HAS, without);
  const control = `P12 at ${archive.runs}, control`;
  return {
    [`${control}: runs counted anew`]: controlFigure(anew, archive),
    [`${control}: without its index, list of ${NOBODY_HAS.name}`]: controlFigure(
      latencyFigure(without),
      archive,
    ),
  };
}

interface StepRuns {
  readonly pipeline: string;
  readonly step: string;
  readonly statuses: Readonly<Record<string, number>>;
}

const totals = (body: string): string =>
  (JSON.parse(body) as StepRuns[])
    .flatMap(({ pipeline, step, statuses }) =>
      Object.entries(statuses).map(([status, count]) => `${pipeline}/${step} ${status} ${count}`),
    )
    .sort()
    .join(', ');

async function countedAnew(client: Client): Promise<string> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT pipeline.name || '/' || step.name || ' ' || counted.status || ' ' || counted.count AS line
     FROM (SELECT step_id, status, count(*) AS count FROM run GROUP BY step_id, status) counted
     JOIN reduction_step step ON step.id = counted.step_id JOIN pipeline ON pipeline.id = step.pipeline_id`,
  );
  return rows
    .map(({ line }) => line)
    .sort()
    .join(', ');
}
