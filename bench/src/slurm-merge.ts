import { join } from 'node:path';
import type { Figure } from './report.js';
import { wallFigure } from './slurm-arrays.js';
import { TinyPipeline, type Bench } from './slurm-pipeline.js';
import { handWrittenArray, snakemake, snakemakeVersion } from './slurm-yardsticks.js';

const COUNT = 200;

/** 200 tiny tasks and one that merges what they made: through Meridian, by a hand-written array and a dependent job, and by Snakemake. */
export async function merge(bench: Bench, { rounds }: { rounds: number }): Promise<Record<string, Figure>> {
  const [ours, byHand]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await bench.lab.quiet();
    const directory = join(bench.directory, 'work', `merge-by-hand-${round}`);
    byHand.push(await handWrittenArray(bench, { directory, count: COUNT, hasMerge: true }));
    // A pipeline of its own each time: in one that grows, the merge would have more to merge each round.
    const pipeline = new TinyPipeline(bench, { name: `merge-${round}`, hasMerge: true });
    await pipeline.applyLocations();
    await pipeline.applyPipeline();
    const rows = await pipeline.writeRawFiles(1, COUNT);
    await bench.lab.quiet();
    const startedAt = performance.now();
    await pipeline.register(rows);
    await pipeline.completed(COUNT + 1);
    ours.push((performance.now() - startedAt) / 1000);
    bench.log(
      `merge, round ${round + 1}: Meridian ${ours.at(-1)?.toFixed(1)} s, by hand ${byHand.at(-1)?.toFixed(1)} s`,
    );
  }
  const figure = wallFigure(ours, byHand, { name: 'a bare array with a dependent job', most: 1.3 });
  return { merge: { ...figure, note: `${figure.note ?? ''}; ${await bySnakemake(bench)}` } };
}

/** Once: it takes long, and ten times the yardstick needs no median. */
async function bySnakemake(bench: Bench): Promise<string> {
  const version = await snakemakeVersion(bench);
  if (version === null) {
    bench.log('Snakemake is MISSING, and not compared: apt-get install snakemake');
    return 'Snakemake is missing and was not compared (apt-get install snakemake)';
  }
  await bench.lab.quiet();
  const seconds = await snakemake(bench, join(bench.directory, 'work', 'snakemake'), COUNT);
  bench.log(`merge: Snakemake ${version} with --cluster sbatch ${seconds.toFixed(1)} s`);
  return `Snakemake ${version} with --cluster sbatch: ${seconds.toFixed(1)} s`;
}
