import { createHash } from 'node:crypto';
import { basename } from 'node:path/posix';
import { rawSql, sql, type CollectedProduct } from '@meridian/core';
import { opsDataSource, queryRows, registerResults, type RunResult } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { startBenchServer } from './bench-server.js';
import { median, type BenchmarkContext, type Figure, type Figures } from './report.js';
import { collectableRuns, LEASE_OWNER, type CollectableRun } from './results-archive.js';

export interface RegistrationOptions {
  /** In each round, on either side. */
  readonly products: number;
  readonly rounds: number;
}

/** As the result-manager's setting is by default: so many runs are registered in one transaction. */
const RUNS_PER_TRANSACTION = 200;
const PRODUCTS_PER_RUN = 10;
const INPUTS_PER_RUN = 3;
/** The same columns and indexes as the tables that they are copies of, without triggers, foreign keys and checks. */
const STRIPPED = { item: 'stripped_item', product: 'stripped_product', copy: 'stripped_copy' };
const REAL = { item: 'data_item', product: 'data_product', copy: 'physical_copy' };
type Tables = typeof REAL;

/**
 * P10: products, copies and what completes their runs, through `registerResults`, beside products and copies alone by bare INSERT … FROM unnest
 * into the same tables; by turns, transaction by transaction, in the same database. A control shows what the constraints and the change feed
 * of those tables cost.
 *
 * Each product has three lineage edges: those of its run, which the inputs frozen with the run already are. Neither side writes them.
 */
export async function resultsRegistration(
  { log }: Pick<BenchmarkContext, 'log'>,
  { products, rounds }: RegistrationOptions,
): Promise<Figures> {
  const server = await startBenchServer(['max_wal_size=4GB', 'checkpoint_timeout=30min']);
  try {
    const dataSource = await opsDataSource({ url: server.url, applicationName: 'bench' }).initialize();
    try {
      await stripTables(dataSource.manager);
      const taken: Seconds[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const seconds = await timeRound(dataSource.manager, products);
        log(
          `round ${round}: ${seconds.registered.toFixed(2)} s; bare inserts ${seconds.bare.toFixed(2)} s, stripped ${seconds.stripped.toFixed(2)} s`,
        );
        taken.push(seconds);
      }
      return figuresOf(taken, products);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await server.stop();
  }
}

interface Seconds {
  readonly registered: number;
  readonly bare: number;
  readonly stripped: number;
}

async function timeRound(manager: EntityManager, products: number): Promise<Seconds> {
  const runs = Math.ceil(products / PRODUCTS_PER_RUN);
  const registered = await batchesOf(manager, runs);
  const bare = await batchesOf(manager, runs);
  await queryRows(manager, sql`VACUUM ANALYZE`);
  await queryRows(manager, sql`CHECKPOINT`);
  const seconds = { registered: 0, bare: 0, stripped: 0 };
  for (const [index, batch] of registered.entries()) {
    const inserted = bare[index] ?? [];
    seconds.bare += await secondsOf(() => insertBare(manager, REAL, inserted));
    seconds.registered += await secondsOf(() => register(manager, batch));
    seconds.stripped += await secondsOf(() => insertBare(manager, STRIPPED, inserted));
  }
  return seconds;
}

function figuresOf(taken: readonly Seconds[], products: number): Figures {
  const middle = (kind: keyof Seconds): number => median(taken.map((seconds) => seconds[kind]));
  const value = middle('registered');
  const beside = (name: string, yardstick: number): Figure => ({
    value,
    unit: 's',
    yardstick: { name, value: yardstick },
    ratio: value / yardstick,
    goal: '',
    holds: true,
  });
  return {
    P10: {
      ...beside('the same products and copies by bare unnest inserts', middle('bare')),
      goal: '≤ 2 × the yardstick',
      holds: value <= 2 * middle('bare'),
      note: `${products} products of ${PRODUCTS_PER_RUN} a run, ${RUNS_PER_TRANSACTION} runs a transaction; ${(products / value).toFixed(0)} products a second; medians of ${taken.length} rounds`,
    },
    'P10, control: without triggers, foreign keys and checks': beside(
      'bare inserts into stripped tables',
      middle('stripped'),
    ),
  };
}

async function batchesOf(manager: EntityManager, count: number): Promise<RunResult[][]> {
  const runs = await collectableRuns(manager, { count, inputs: INPUTS_PER_RUN });
  const results = runs.map((run) => resultOf(run, PRODUCTS_PER_RUN));
  const batches: RunResult[][] = [];
  for (let from = 0; from < results.length; from += RUNS_PER_TRANSACTION)
    batches.push(results.slice(from, from + RUNS_PER_TRANSACTION));
  return batches;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function register(manager: EntityManager, results: readonly RunResult[]): Promise<void> {
  const completed = await registerResults(manager, { actor: 'bench', leaseOwner: LEASE_OWNER, results });
  if (completed !== results.length) throw new Error(`${completed} of ${results.length} runs completed`);
}

export const resultOf = ({ runId, attempt }: CollectableRun, products: number): RunResult => ({
  runId,
  attempt,
  products: Array.from({ length: products }, (_, index) => productOf(runId, index)),
  metrics: [],
  warnings: [],
  outcomes: null,
  facts: {
    runId,
    attempt,
    host: 'node1',
    exitCode: 0,
    startedAt: new Date('2026-01-01T00:00:00Z'),
    endedAt: new Date('2026-01-01T00:01:00Z'),
    cpuSeconds: 50,
    peakMemoryMb: 200,
  },
});

const productOf = (runId: number, index: number): CollectedProduct => ({
  path: `science/image-${index}.fits`,
  sizeBytes: 8640,
  sha256: createHash('sha256').update(`${runId} ${index}`).digest('hex'),
  type: 'SCIENCE',
  dims: { number: index },
  metrics: [],
  description: '',
});

async function stripTables(manager: EntityManager): Promise<void> {
  const kept = rawSql('INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES INCLUDING GENERATED');
  for (const table of ['item', 'product', 'copy'] as const)
    await queryRows(
      manager,
      sql`CREATE TABLE ${rawSql(STRIPPED[table])} (LIKE ${rawSql(REAL[table])} ${kept})`,
    );
}

/** The rows that one transaction of registration makes, under ids that were drawn before. */
async function insertBare(
  manager: EntityManager,
  { item, product, copy }: Tables,
  results: readonly RunResult[],
): Promise<void> {
  const rows = results.flatMap(({ runId, products }) => products.map((made) => ({ ...made, runId })));
  const runIds = rows.map(({ runId }) => runId);
  await manager.transaction(async (transaction) => {
    const drawn = await queryRows<{ id: number }>(
      transaction,
      sql`SELECT nextval(pg_get_serial_sequence('data_item', 'id')) AS id FROM generate_series(1, ${rows.length}::int)`,
    );
    const ids = drawn.map(({ id }) => id);
    const dims = rows.map((made) => JSON.stringify({ ...made.dims, n: made.runId }));
    await queryRows(
      transaction,
      sql`
      INSERT INTO ${rawSql(item)} (id, kind, name, dims, content_hash, size_bytes) OVERRIDING SYSTEM VALUE
      SELECT id, 'DATA_PRODUCT', name, dims::jsonb, content_hash, size_bytes
      FROM unnest(${ids}::bigint[], ${rows.map(({ path }) => basename(path))}::text[], ${dims}::text[],
        ${rows.map(({ sha256 }) => sha256)}::text[], ${rows.map(({ sizeBytes }) => sizeBytes)}::bigint[])
        AS made (id, name, dims, content_hash, size_bytes)`,
    );
    await queryRows(
      transaction,
      sql`
      INSERT INTO ${rawSql(product)} (item_id, run_id, attempt, type, path)
      SELECT item_id, run_id, 1, 'SCIENCE', path
      FROM unnest(${ids}::bigint[], ${runIds}::bigint[], ${rows.map(({ path }) => path)}::text[]) AS made (item_id, run_id, path)`,
    );
    await queryRows(
      transaction,
      sql`
      INSERT INTO ${rawSql(copy)} (item_id, data_location_id, path, verified_at)
      SELECT item_id, 1, path, now()
      FROM unnest(${ids}::bigint[], ${rows.map(({ runId, path }) => `p/g/s/${runId}.1/output/${path}`)}::text[]) AS made (item_id, path)`,
    );
  });
}
