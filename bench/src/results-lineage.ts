import { totalmem } from 'node:os';
import {
  findTaint,
  liftTaint,
  lineageDown,
  lineageUp,
  markTaint,
  opsDataSource,
  type LineageClosure,
} from '@meridian/ops-db';
import { explainStatements, longReads } from '@meridian/ops-db/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { startBenchServer } from './bench-server.js';
import { fillLineage, type LineageArchive } from './results-lineage-archive.js';
import { median, quantile, type BenchmarkContext, type Figure, type Figures } from './report.js';
import type { ResultsOptions } from './results-options.js';

/** Beyond PostgreSQL's defaults, which are those of a small machine: a quarter of the memory, as its manual has it. */
const SETTINGS = [
  `shared_buffers=${Math.floor(totalmem() / 4 / 2 ** 20)}MB`,
  'max_wal_size=8GB',
  'checkpoint_timeout=15min',
  'wal_level=minimal',
  'max_wal_senders=0',
];
const WALKS_A_ROUND = 40;
const MOST_RUNS = 30_000;
/** What a walk must never do is read a table through. */
const WALKED = new Set(['run', 'input_set_member', 'data_product', 'run_source']);

/** P11: how long a closure of the lineage takes, from asking the database until every id is in the memory of the process that asked. */
export async function lineage(
  { log }: BenchmarkContext,
  { products, rounds }: ResultsOptions,
): Promise<Figures> {
  const server = await startBenchServer(SETTINGS);
  try {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const dataSource = await opsDataSource({
      url: server.url,
      applicationName: 'bench',
      poolSize: 2,
    }).initialize();
    try {
      const startedAt = performance.now();
      const archive = await fillLineage(client, dataSource.manager, products);
      const { rows } = await client.query<{ size: string }>(
        'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
      );
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      log(`${archive.products} products, ${archive.edges} edges made in ${seconds} s: ${rows[0]?.size}`);
      return await measure(dataSource, archive, rounds);
    } finally {
      await dataSource.destroy();
      await client.end();
    }
  } finally {
    await server.stop();
  }
}

interface Walk {
  readonly name: string;
  readonly root: (n: number) => number;
  readonly walk: typeof lineageUp;
  readonly mostNodes: number;
  readonly goalMs: number;
}

async function measure(dataSource: DataSource, archive: LineageArchive, rounds: number): Promise<Figures> {
  const { roots } = archive;
  const small = { mostNodes: 1_000, goalMs: 10 };
  const large = { mostNodes: 30_000, goalMs: 100 };
  // The long ones first: they read most of what a database that is in use has in memory.
  const walks: readonly Walk[] = [
    { name: 'up from an eighth-generation product', root: roots.large, walk: lineageUp, ...large },
    { name: 'down from the calibration of a season', root: roots.season, walk: lineageDown, ...large },
    { name: 'up from a fifth-generation product', root: roots.small, walk: lineageUp, ...small },
    { name: 'down from the calibration of a night', root: roots.night, walk: lineageDown, ...small },
  ];
  const figures: Record<string, Figure> = {};
  for (const walk of walks)
    figures[`P11 at ${archive.products}, ${walk.name}`] = await timed(dataSource, walk, rounds);
  return { ...figures, ...(await tainting(dataSource, archive, rounds)) };
}

/** How long it takes to mark the calibration of a season bad with all that was made of it, while whoever registers products waits. */
async function tainting(
  dataSource: DataSource,
  { roots, products }: LineageArchive,
  rounds: number,
): Promise<Figures> {
  const milliseconds: number[] = [];
  let reached = 0;
  for (let n = 0; n < rounds; n += 1) {
    const target = { kind: 'item', itemId: roots.season(n) } as const;
    const startedAt = performance.now();
    const id = await dataSource.transaction((manager) =>
      markTaint(manager, { target, reason: 'bench', actor: 'bench' }),
    );
    milliseconds.push(performance.now() - startedAt);
    if (id === undefined) throw new Error('the calibration is marked already');
    reached = (await findTaint(dataSource.manager, id))?.products ?? 0;
    await liftTaint(dataSource.manager, { id, reason: 'bench', actor: 'bench' });
  }
  const value = median(milliseconds);
  return {
    [`P11 at ${products}, taint of the calibration of a season`]: {
      ...{ value, unit: 'ms', yardstick: null, ratio: null, goal: 'none: for the record', holds: true },
      note: `${reached} products, ${((value / reached) * 1000).toFixed(1)} µs each`,
    },
  };
}

/** Each time from another root, spread over the archive. A first round meets a database that nobody has asked yet, and is told for itself. */
async function timed(
  dataSource: DataSource,
  { root, walk, mostNodes, goalMs }: Walk,
  rounds: number,
): Promise<Figure> {
  const milliseconds: number[] = [];
  const sizes: number[] = [];
  // A connection that is kept, as that of a request's transaction is.
  const runner = dataSource.createQueryRunner();
  for (let n = 0; n < (rounds + 1) * WALKS_A_ROUND; n += 1) {
    const startedAt = performance.now();
    const closure = await walk(runner.manager, { itemIds: [root(n * 7919)], mostRuns: MOST_RUNS });
    milliseconds.push(performance.now() - startedAt);
    sizes.push(nodesOf(closure, mostNodes));
  }
  await runner.release();
  const read = longReads(
    await explainStatements(dataSource.manager, (manager) =>
      walk(manager, { itemIds: [root(1)], mostRuns: MOST_RUNS }),
    ),
    { tables: WALKED, mostRows: 20 * mostNodes },
  );
  const cold = milliseconds.splice(0, WALKS_A_ROUND);
  const value = quantile(milliseconds, 0.95);
  return {
    ...{ value, unit: 'ms', yardstick: null, ratio: null, goal: `p95 ≤ ${goalMs} ms, no table read through` },
    holds: value <= goalMs && read.length === 0,
    note: `p50 ${median(milliseconds).toFixed(1)} ms, ${Math.min(...sizes)} to ${Math.max(...sizes)} nodes, ${milliseconds.length} walks; the first ${cold.length}, not counted, p95 ${quantile(cold, 0.95).toFixed(1)} ms${read.map((one) => `; reads ${one}`).join('')}`,
  };
}

function nodesOf({ runIds, itemIds, isCut }: LineageClosure, mostNodes: number): number {
  const nodes = runIds.length + itemIds.length;
  if (isCut || nodes > mostNodes)
    throw new Error(`a closure of ${nodes} nodes, ${mostNodes} at most were expected`);
  return nodes;
}
