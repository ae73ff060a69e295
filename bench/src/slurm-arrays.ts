import { join } from 'node:path';
import { median, type Figure } from './report.js';
import { collectionFigure, momentsOf, spread } from './slurm-latency.js';
import { TinyPipeline, type Bench } from './slurm-pipeline.js';
import { countRestRequests, countSshRequests, type RequestCounter, type WireKind } from './slurm-requests.js';
import { handWrittenArray } from './slurm-yardsticks.js';

/** P7: so many runs of one step, ready at once; what goes over the wire to the site until the last of them is registered. */
export async function requests(
  bench: Bench,
  { count, pollMs }: { count: number; pollMs: number },
): Promise<Record<string, Figure>> {
  const counter =
    bench.site === 'lab-rest'
      ? await countRestRequests(bench.lab)
      : await countSshRequests(bench.lab, bench.directory);
  try {
    const { backendConfig } = counter;
    const pipeline = new TinyPipeline(bench, { name: 'requests', hasMerge: false, backendConfig });
    await pipeline.applyLocations();
    await pipeline.register(await pipeline.writeRawFiles(1, count));
    const startedAt = Date.now();
    await pipeline.applyPipeline();
    await pipeline.completed(count);
    const seconds = (Date.now() - startedAt) / 1000;
    bench.log(
      `P7: ${count} runs in ${seconds.toFixed(0)} s, ${(count / seconds).toFixed(1)}/s; ${await summary(counter)}`,
    );
    return await requestFigures(counter, { count, seconds, pollMs });
  } finally {
    await counter.close();
  }
}

async function requestFigures(
  counter: RequestCounter,
  { count, seconds, pollMs }: { count: number; seconds: number; pollMs: number },
): Promise<Record<string, Figure>> {
  const made = await counter.requests();
  const submits = made.filter(({ kind }) => kind === 'submit').length;
  const statuses = made.filter(({ kind }) => kind === 'status').map(({ at }) => at);
  // One at the beginning, and one for each interval that is over.
  const polls = (seconds * 1000) / pollMs + 1;
  const perPoll = statuses.length / polls;
  const note = `${count} runs in ${seconds.toFixed(0)} s; ${await summary(counter)}`;
  const plain = { yardstick: null, ratio: null, note };
  return {
    P7: { value: submits, unit: 'submit requests', goal: '≤ 12', holds: submits <= 12, ...plain },
    'P7, status': {
      value: perPoll,
      unit: 'status requests per poll',
      goal: '≤ 1 per site and poll',
      holds: perPoll <= 1,
      ...plain,
    },
  };
}

async function summary(counter: RequestCounter): Promise<string> {
  const counts = new Map<WireKind, number>();
  for (const { kind } of await counter.requests()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, number]) => `${number} ${kind}`).join(', ');
}

/** P8: from registering so many items in one request to the last one's committed products, beside one hand-written array; P9 of the same jobs. */
export async function throughput(
  bench: Bench,
  { count, rounds, pollMs }: { count: number; rounds: number; pollMs: number },
): Promise<Record<string, Figure>> {
  const pipeline = new TinyPipeline(bench, { name: 'throughput', hasMerge: false });
  await pipeline.applyLocations();
  await pipeline.applyPipeline();
  const [ours, byHand]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await bench.lab.quiet();
    const directory = join(bench.directory, 'work', `array-${round}`);
    byHand.push(await handWrittenArray(bench, { directory, count, hasMerge: false }));
    const rows = await pipeline.writeRawFiles(round * count + 1, count);
    await bench.lab.quiet();
    const startedAt = performance.now();
    await pipeline.register(rows);
    await pipeline.completed((round + 1) * count);
    ours.push((performance.now() - startedAt) / 1000);
    bench.log(
      `P8, round ${round + 1}: Meridian ${ours.at(-1)?.toFixed(1)} s, by hand ${byHand.at(-1)?.toFixed(1)} s`,
    );
  }
  const moments = await momentsOf(bench, 'throughput');
  return {
    P8: wallFigure(ours, byHand, { name: 'one hand-written sbatch --array', most: 1.2 }),
    'P9, under load': collectionFigure(
      moments.map(({ endedAt, completedAt }) => completedAt - endedAt),
      pollMs,
    ),
  };
}

/** Seconds beside the yardstick's, medians of interleaved rounds. */
export function wallFigure(
  ours: readonly number[],
  yardstick: readonly number[],
  { name, most }: { name: string; most: number },
): Figure {
  const ratio = median(ours) / median(yardstick);
  return {
    value: median(ours),
    unit: 's',
    yardstick: { name, value: median(yardstick) },
    ratio,
    goal: `≤ ${most} × wall time`,
    holds: ratio <= most,
    note: `${ours.length} interleaved rounds; Meridian ${spread(ours)}; by hand ${spread(yardstick)}`,
  };
}
