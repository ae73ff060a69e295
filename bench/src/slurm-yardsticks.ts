import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programPath, type Bench } from './slurm-pipeline.js';

const LOOK_EVERY_MS = 50;
const LONGEST_MS = 1_800_000;

interface HandWritten {
  /** A directory that does not exist yet. */
  readonly directory: string;
  readonly count: number;
  readonly hasMerge: boolean;
}

/**
 * The same work over as many small files by one `sbatch --array`, written by hand, and by a job that depends on it: seconds from the first
 * sbatch to the last output. Nothing is recorded, checked or kept.
 */
export async function handWrittenArray(
  bench: Bench,
  { directory, count, hasMerge }: HandWritten,
): Promise<number> {
  const { lab } = bench;
  const program = programPath(bench.directory);
  await makeInputs(bench, directory, count);
  await lab.write(
    join(directory, 'array.sh'),
    `#!/bin/sh\nexec /bin/sh ${program} ${directory}/in/$SLURM_ARRAY_TASK_ID ${directory}/out/$SLURM_ARRAY_TASK_ID\n`,
  );
  await lab.write(
    join(directory, 'merge.sh'),
    `#!/bin/sh\ncat out/*/all.txt >merged && mv merged all/all.txt\n`,
  );
  const startedAt = performance.now();
  const { jobId } = await lab.sbatch(directory, [
    '--output=/dev/null',
    `--array=0-${count - 1}`,
    join(directory, 'array.sh'),
  ]);
  if (hasMerge) {
    await lab.sbatch(directory, [
      '--output=/dev/null',
      `--dependency=afterok:${jobId}`,
      join(directory, 'merge.sh'),
    ]);
  }
  await outputsOf(hasMerge ? [join(directory, 'all')] : numbered(join(directory, 'out'), count));
  return (performance.now() - startedAt) / 1000;
}

const SNAKEFILE = `
COUNT = range({count})

rule merge:
    input: expand("out/{{n}}/all.txt", n=COUNT)
    output: "all/all.txt"
    shell: "cat {{input}} >{{output}}"

rule each:
    input: "in/{{n}}/1.txt"
    output: "out/{{n}}/all.txt"
    shell: "/bin/sh {program} in/{{wildcards.n}} out/{{wildcards.n}}"
`;

/** Snakemake's version; null where it is not installed. */
export async function snakemakeVersion({ lab }: Bench): Promise<string | null> {
  return lab.run('snakemake', ['--version'], { cwd: '/' }).then(
    (printed) => printed.trim(),
    () => null,
  );
}

/** The same work and the same merge by Snakemake with one `sbatch` per job, as its manual says: seconds. */
export async function snakemake(bench: Bench, directory: string, count: number): Promise<number> {
  const { lab } = bench;
  await makeInputs(bench, directory, count);
  const file = SNAKEFILE.replace('{count}', String(count))
    .replace('{program}', programPath(bench.directory))
    .replaceAll('{{', '{')
    .replaceAll('}}', '}');
  await lab.write(join(directory, 'Snakefile'), file);
  // Each job starts Snakemake's own Python, which takes more memory than the work.
  const cluster =
    'sbatch --parsable --partition=debug --cpus-per-task=1 --mem=400 --time=5 --output=/dev/null';
  const startedAt = performance.now();
  await lab.run(
    'snakemake',
    ['--quiet', '--jobs', String(count), '--cluster', cluster, '--latency-wait', '30'],
    {
      cwd: directory,
    },
  );
  return (performance.now() - startedAt) / 1000;
}

async function makeInputs({ lab }: Bench, directory: string, count: number): Promise<void> {
  await lab.makeDirectory(directory);
  for (const folder of ['in', 'out', 'all']) await lab.makeDirectory(join(directory, folder));
  for (const folder of numbered(join(directory, 'out'), count)) await lab.makeDirectory(folder);
  for (const folder of numbered(join(directory, 'in'), count)) {
    await lab.makeDirectory(folder);
    await lab.write(join(folder, '1.txt'), `${folder}\n`);
  }
}

/** Waits for one folder's output after the other, so that looking costs next to nothing however many there are. */
async function outputsOf(folders: readonly string[]): Promise<void> {
  const deadline = Date.now() + LONGEST_MS;
  for (const folder of folders) {
    while (!(await readdir(folder)).includes('all.txt')) {
      if (Date.now() > deadline) throw new Error(`no output appeared in ${folder}`);
      await sleep(LOOK_EVERY_MS);
    }
  }
}

const numbered = (directory: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => join(directory, String(n)));
