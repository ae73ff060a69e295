import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { median, quantile, type Figure } from './report.js';
import { TinyPipeline, type Bench } from './slurm-pipeline.js';

const WARM_UP = 3;
/** Items come in at no beat, so that none of the daemons' can suit them. */
const GAP_MS = { least: 600, most: 1_400 };

/**
 * P5: one item after the other is registered over the API; until Slurm has accepted its job. Before each, one hand-written job is
 * submitted, which is the yardstick. P9: the same jobs, from the record that a job leaves as its last act to its committed products.
 */
export async function latency(bench: Bench, { count, pollMs }: { count: number; pollMs: number }) {
  const name = 'latency';
  const pipeline = new TinyPipeline(bench, { name, hasMerge: false });
  await pipeline.applyLocations();
  await pipeline.applyPipeline();
  const registeredAt = new Map<string, number>();
  const sbatches: number[] = [];
  for (let n = 1; n <= WARM_UP + count; n += 1) {
    const rows = await pipeline.writeRawFiles(n, 1);
    const { milliseconds } = await bench.lab.sbatch(bench.directory, [
      '--output=/dev/null',
      '--wrap',
      'exec true',
    ]);
    await sleep(GAP_MS.least / 2);
    const at = Date.now();
    await pipeline.register(rows);
    if (n > WARM_UP) {
      sbatches.push(milliseconds);
      registeredAt.set(`${name}-${n}.txt`, at);
    }
    await sleep(GAP_MS.least / 2 + Math.random() * (GAP_MS.most - GAP_MS.least));
  }
  await pipeline.completed(WARM_UP + count);
  const moments = (await momentsOf(bench, name)).filter(({ item }) => registeredAt.has(item));
  const began = moments.map(({ item }) => registeredAt.get(item) ?? Number.NaN);
  const untilAccepted = moments.map(({ acceptedAt }, at) => acceptedAt - (began[at] ?? Number.NaN));
  bench.log(`P5, medians: ${whereTimeGoes(moments, began)}`);
  return {
    ...submissionFigures(untilAccepted, sbatches),
    P9: collectionFigure(
      moments.map(({ endedAt, completedAt }) => completedAt - endedAt),
      pollMs,
    ),
  };
}

function whereTimeGoes(moments: readonly RunMoments[], began: readonly number[]): string {
  const part = (what: string, millisecondsOf: (run: RunMoments, at: number) => number): string =>
    `${what} ${median(moments.map(millisecondsOf)).toFixed(0)} ms`;
  return [
    part('registered → run created', (run, at) => run.createdAt - (began[at] ?? Number.NaN)),
    part('→ claimed', (run) => run.claimedAt - run.createdAt),
    part('→ staged, intent committed', (run) => run.intendedAt - run.claimedAt),
    part('→ accepted', (run) => run.acceptedAt - run.intendedAt),
  ].join(', ');
}

function submissionFigures(milliseconds: readonly number[], sbatches: readonly number[]) {
  const one = median(sbatches);
  const figure = (value: number, most: number, words: string): Figure => ({
    value,
    unit: 'ms',
    yardstick: { name: 'one hand-written sbatch, median', value: one },
    ratio: value / one,
    goal: `≤ ${words} + 1 sbatch`,
    holds: value <= most + one,
    note: `${milliseconds.length} items; ${spread(milliseconds)}; sbatch ${spread(sbatches)}`,
  });
  return {
    P5: figure(median(milliseconds), 150, '150 ms'),
    'P5, p99': figure(quantile(milliseconds, 0.99), 1_000, '1 s'),
  };
}

/** P9, of whichever jobs. */
export function collectionFigure(milliseconds: readonly number[], pollMs: number): Figure {
  const value = quantile(milliseconds, 0.95);
  return {
    value,
    unit: 'ms',
    yardstick: { name: 'poll interval', value: pollMs },
    ratio: value / pollMs,
    goal: 'p95 ≤ poll + 1 s',
    holds: value <= pollMs + 1_000,
    note: `${milliseconds.length} jobs; ${spread(milliseconds)}`,
  };
}

export const spread = (values: readonly number[]): string =>
  `min ${Math.min(...values).toFixed(0)}, median ${median(values).toFixed(0)}, p95 ${quantile(values, 0.95).toFixed(0)}, max ${Math.max(...values).toFixed(0)}`;

export interface RunMoments {
  /** The name of its first input. */
  readonly item: string;
  /** In milliseconds since 1970, each. */
  readonly createdAt: number;
  readonly claimedAt: number;
  readonly intendedAt: number;
  readonly acceptedAt: number;
  readonly endedAt: number;
  readonly completedAt: number;
}

/**
 * When the completed runs of a pipeline reached what is measured here.
 *
 * `completedAt` is when the registering transaction was committed, by PostgreSQL's own note; `endedAt` is when the job's record
 * got its last byte, on the job's own disk.
 */
export async function momentsOf({ meridian }: Bench, pipeline: string): Promise<RunMoments[]> {
  const rows = await queryRows<Omit<RunMoments, 'endedAt'> & { path: string }>(
    meridian.database.manager,
    sql`
    SELECT (SELECT min(item.name) FROM input_set_member member JOIN data_item item ON item.id = member.item_id
            WHERE member.input_set_id = run.input_set_id) AS item,
           extract(epoch FROM created.at)::double precision * 1000 AS "createdAt",
           extract(epoch FROM claimed.at)::double precision * 1000 AS "claimedAt",
           extract(epoch FROM intended.at)::double precision * 1000 AS "intendedAt",
           extract(epoch FROM accepted.at)::double precision * 1000 AS "acceptedAt",
           extract(epoch FROM pg_xact_commit_timestamp(completed.xmin))::double precision * 1000 AS "completedAt",
           location.base_path || '/' || attempt.directory AS path
    FROM run
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN data_location location ON location.id = run.location_id
    JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
    JOIN run_event created ON created.run_id = run.id AND created.from_status IS NULL
    JOIN run_event claimed ON claimed.run_id = run.id AND claimed.to_status = 'STAGING_DATA'
    JOIN run_event intended ON intended.run_id = run.id AND intended.to_status = 'SUBMITTING'
    JOIN run_event accepted ON accepted.run_id = run.id AND accepted.to_status = 'SUBMITTED'
    JOIN run_event completed ON completed.run_id = run.id AND completed.to_status LIKE 'COMPLETED%'
    WHERE pipeline.name = ${pipeline}
    ORDER BY run.id`,
  );
  const moments: RunMoments[] = [];
  for (const { path, ...run } of rows) {
    const { mtimeMs } = await stat(join(path, 'result.json'));
    moments.push({ ...run, endedAt: mtimeMs });
  }
  return moments;
}
