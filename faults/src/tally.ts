import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJobToken, type JobToken } from '@meridian/core';

/** How often the science of one attempt began and came to its end. */
export interface Executions {
  readonly began: number;
  readonly finished: number;
}

/** Of what a program writes, all that is not a product. */
export const PAPERS = [
  'metrics.json',
  'results/sources.ndjson',
  'results/outcomes.ndjson',
  'results/summary.ndjson',
] as const;

const paperOf = (name: string): string => name.replace('results/', '');

/** `<run>.<attempt>`, which the environment of a program tells it. */
export const tallyKey = (token: JobToken): string => {
  const { runId, attempt } = parseJobToken(token) ?? { runId: 0, attempt: 0 };
  return `${runId}.${attempt}`;
};

/** A file that the jobs themselves write and that Meridian knows nothing about: one line when a program begins, one when it is done. */
export class Tally {
  constructor(readonly path: string) {}

  async create(): Promise<void> {
    await mkdir(this.papers);
    await writeFile(this.path, '');
  }

  /** Where a program leaves a copy of what it said, by attempt: of its items and tables, and what it measured. */
  get papers(): string {
    return `${this.path}.papers`;
  }

  /** The same by a model of the program, which writes nothing else here. */
  async wrote(token: JobToken, output: ReadonlyMap<string, string>): Promise<void> {
    const directory = join(this.papers, tallyKey(token));
    await mkdir(directory, { recursive: true });
    for (const name of PAPERS) await writeFile(join(directory, paperOf(name)), output.get(name) ?? '');
  }

  /** What the program of this attempt said, by the paths of `PAPERS`; empty where it wrote nothing. */
  async said(runId: number, attempt: number): Promise<Map<string, string>> {
    const said = new Map<string, string>();
    for (const name of PAPERS) {
      const file = join(this.papers, `${runId}.${attempt}`, paperOf(name));
      said.set(name, await readFile(file, 'utf8').catch(() => ''));
    }
    return said;
  }

  began = (token: JobToken): Promise<void> => appendFile(this.path, `began ${tallyKey(token)}\n`);

  finished = (token: JobToken): Promise<void> => appendFile(this.path, `finished ${tallyKey(token)}\n`);

  async read(): Promise<Map<string, Executions>> {
    const executions = new Map<string, Executions>();
    for (const line of (await readFile(this.path, 'utf8')).split('\n')) {
      const [what, key] = line.split(' ');
      if (key === undefined) continue;
      const { began, finished } = executions.get(key) ?? { began: 0, finished: 0 };
      executions.set(key, {
        began: began + (what === 'began' ? 1 : 0),
        finished: finished + (what === 'finished' ? 1 : 0),
      });
    }
    return executions;
  }
}

/** A step's program that counts itself, writes two products, rows and a measurement, and exits as it was ordered to. */
export const countingProgram = (tally: Tally, orders: string): string => `
key="$WORKFLOW_RUN_ID.$WORKFLOW_ATTEMPT"
printf 'began %s\\n' "$key" >>'${tally.path}'
read -r code <'${orders}'/"$key"
if [ "$code" = 0 ]; then
  papers='${tally.papers}'/"$key"
  mkdir -p "$1/science" "$1/plots" "$1/results" "$papers"
  printf 'product of %s\\n' "$key" >"$1/science/product.fits"
  printf 'plot of %s\\n' "$key" >"$1/plots/quick-look.png"
  printf '{"snr": 20}' >"$1/metrics.json"
  for id in $(sed -n 's/^      "id": \\([0-9]*\\),$/\\1/p' "$WORKFLOW_MANIFEST"); do
    for number in 1 2; do
      printf '{"item": %s, "number": %s, "made_by": "%s"}\\n' "$id" "$number" "$key"
    done
  done >"$1/results/sources.ndjson"
  printf '{"made_by": "%s"}\\n' "$key" >"$1/results/summary.ndjson"
  cp "$1/metrics.json" "$1/results/sources.ndjson" "$1/results/summary.ndjson" "$papers"
  printf 'finished %s\\n' "$key" >>'${tally.path}'
fi
exit "$code"
`;
