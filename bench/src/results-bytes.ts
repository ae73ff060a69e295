import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCards, sql } from '@meridian/core';
import {
  foldRunTallies,
  opsDataSource,
  pruneBreakerOutcomes,
  queryRow,
  queryRows,
  trimChanges,
} from '@meridian/ops-db';
import { aRawFile } from '@meridian/ops-db/testing';
import type { DataSource } from 'typeorm';
import { startBenchServer } from './bench-server.js';
import { managerPasses } from './manager-passes.js';
import { pendingRuns } from './pending-runs.js';
import type { BenchmarkContext, Figure, Figures } from './report.js';
import { succeedWith } from './succeed-at-once.js';

export interface BytesOptions {
  /** Of all runs, three each. */
  readonly products: number;
}

const PRODUCTS_PER_RUN = 3;
/** Between two rounds the database is vacuumed, as it would be in the time that so many runs take. */
const RUNS_PER_ROUND = 500;
/** As many raw files as in so many rounds tell what one takes. */
const RAW_ROUNDS = 4;
/** From then on each is like the one before. */
const MAX_ROUNDS = 12;
const GOAL = 6000;
const IDLE_MS = 10;

/** A FITS file without data, with so many keywords of an instrument beside its own. */
function fitsHeader(keywords: number): string {
  const cards = [
    ['SIMPLE', true],
    ['BITPIX', 8],
    ['NAXIS', 0],
    ...Array.from({ length: keywords }, (_, n) =>
      n % 3 === 0 ? [`WORD${n}`, `value ${n}`] : [`NUMBER${n}`.slice(-8), n * 1.234567],
    ),
  ] as const;
  const text = cards.flatMap(([keyword, value]) =>
    formatCards({ keyword: String(keyword), value, comment: '' }),
  );
  const header = `${text.join('')}${'END'.padEnd(80)}`;
  return header.padEnd(Math.ceil(header.length / 2880) * 2880);
}

const named = (contents: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    contents.map((content, n) => [
      `science/product-${n + 1}.${content.startsWith('SIMPLE') ? 'fits' : 'dat'}`,
      content,
    ]),
  );
const SHAPES = [
  { name: 'P15', products: named(['one', 'two', 'three']) },
  { name: 'P15, of FITS with 30 keywords', products: named([1, 2, 3].map(() => fitsHeader(30))) },
] as const;

/**
 * P15: bytes of the database for each finished run with three products, indexes and free space included, after VACUUM; through the passes of both
 * managers, from PENDING on. What the database grows by in the second half: until then it gets the room that runs under way take, which later ones
 * use again. The bytes of the raw files that the runs take are not counted: others are registered without runs, and as many taken off.
 */
export async function resultsBytes(
  { log }: Pick<BenchmarkContext, 'log'>,
  { products }: BytesOptions,
): Promise<Figures> {
  const rounds = Math.min(Math.max(2, Math.ceil(products / PRODUCTS_PER_RUN / RUNS_PER_ROUND)), MAX_ROUNDS);
  const figures: Record<string, Figure> = {};
  for (const shape of SHAPES) {
    const { bytes, tables } = await bytesOf(shape.products, rounds, log);
    figures[shape.name] = {
      value: bytes,
      unit: 'bytes a run',
      yardstick: null,
      ratio: null,
      goal: `≤ ${GOAL}`,
      holds: bytes <= GOAL,
      note: `of the second half of ${rounds * RUNS_PER_ROUND} runs, ${RUNS_PER_ROUND} under way at a time; with the raw file: ${tables}`,
    };
  }
  return figures;
}

interface Growth {
  readonly bytes: number;
  readonly tables: string;
}

async function bytesOf(
  products: ReadonlyMap<string, string>,
  rounds: number,
  log: (line: string) => void,
): Promise<Growth> {
  const server = await startBenchServer();
  try {
    const dataSource = await opsDataSource({
      url: server.url,
      applicationName: 'bench',
      poolSize: 10,
    }).initialize();
    try {
      const sizes: Sizes[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const base = join(server.directory, `work-${round}`);
        await mkdir(base);
        await pendingRuns(dataSource.manager, { base, count: RUNS_PER_ROUND, name: `round-${round}` });
        await completeAll(dataSource, products);
        await rm(base, { recursive: true });
        await tidyUp(dataSource);
        sizes.push(await tableSizes(dataSource));
        log(`round ${round} of ${rounds}: ${(sum(sizes.at(-1)) / 1e6).toFixed(1)} MB`);
      }
      const [before, after] = [sizes[Math.ceil(rounds / 2) - 1], sizes[rounds - 1]];
      await rawFilesAlone(dataSource, RUNS_PER_ROUND * RAW_ROUNDS);
      const withRaw = await tableSizes(dataSource);
      const raw = (sum(withRaw) - sum(after)) / RUNS_PER_ROUND / RAW_ROUNDS;
      const runs = RUNS_PER_ROUND * (rounds - Math.ceil(rounds / 2));
      return {
        bytes: (sum(after) - sum(before)) / runs - raw,
        tables: growthInWords(before, after, runs),
      };
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await server.stop();
  }
}

/** Bytes by table. */
type Sizes = ReadonlyMap<string, number>;

const sum = (sizes: Sizes | undefined): number =>
  [...(sizes?.values() ?? [])].reduce((all, one) => all + one, 0);

function growthInWords(before: Sizes | undefined, after: Sizes | undefined, runs: number): string {
  const growth = [...(after ?? [])].map(
    ([name, bytes]) => [name, (bytes - (before?.get(name) ?? 0)) / runs] as const,
  );
  return growth
    .filter(([, bytes]) => bytes >= 50)
    .sort((left, right) => right[1] - left[1])
    .map(([name, bytes]) => `${name} ${bytes.toFixed(0)}`)
    .join(', ');
}

async function completeAll(dataSource: DataSource, products: ReadonlyMap<string, string>): Promise<void> {
  const { submit, observe, collect } = managerPasses(dataSource, succeedWith(products));
  const { signal } = new AbortController();
  while ((await submit.run(signal)) > 0);
  while ((await openRuns(dataSource)) > 0)
    if ((await observe.run(signal)) + (await collect.run(signal)) === 0) await sleep(IDLE_MS);
}

async function openRuns(dataSource: DataSource): Promise<number> {
  const row = await queryRow<{ count: number }>(
    dataSource.manager,
    sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NULL`,
  );
  return row?.count ?? 0;
}

/** What the daemons do between. */
async function tidyUp({ manager }: DataSource): Promise<void> {
  await trimChanges(manager);
  await foldRunTallies(manager);
  // The workflow-manager has judged them, and forgets them after a time.
  await queryRows(manager, sql`UPDATE run_outcome SET is_judged = true RETURNING id`);
  // The trigger-manager has seen that nothing is to be done.
  await queryRows(
    manager,
    sql`UPDATE sub_group SET state = 'current' WHERE state <> 'current' AND last_completed_run_id IS NOT NULL RETURNING id`,
  );
  while ((await pruneBreakerOutcomes(manager, { olderThanSeconds: 0, limit: 10_000 })) > 0);
  await queryRows(manager, sql`VACUUM`);
}

/** With indexes, and what is too long for a row. */
async function tableSizes({ manager }: DataSource): Promise<Sizes> {
  await queryRows(manager, sql`VACUUM`);
  const rows = await queryRows<{ name: string; bytes: number }>(
    manager,
    sql`SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

/** As `pendingRuns` registers them. */
async function rawFilesAlone({ manager }: DataSource, count: number): Promise<void> {
  const itemId = await aRawFile(manager);
  await queryRows(
    manager,
    sql`
    WITH item AS (
      INSERT INTO data_item (kind, name, dims, content_hash, size_bytes)
      SELECT 'RAW_DATA_FILE', n || '.fits', jsonb_build_object('n', n), encode(sha256(n::text::bytea), 'hex'), 4 FROM generate_series(1, ${count}::int) n
      RETURNING id, name
    )
    INSERT INTO physical_copy (item_id, data_location_id, path)
    SELECT item.id, (SELECT min(id) FROM data_location), 'raw/alone/' || item.name FROM item WHERE item.id <> ${itemId} RETURNING id`,
  );
  await trimChanges(manager);
}
