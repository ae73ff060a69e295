import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { parseJobToken, type JobToken } from '@meridian/core';

/** How often the science of one attempt began and came to its end. */
export interface Executions {
  readonly began: number;
  readonly finished: number;
}

/** `<run>.<attempt>`, which the environment of a program tells it. */
export const tallyKey = (token: JobToken): string => {
  const { runId, attempt } = parseJobToken(token) ?? { runId: 0, attempt: 0 };
  return `${runId}.${attempt}`;
};

/** A file that the jobs themselves write and that Meridian knows nothing about: one line when a program begins, one when it is done. */
export class Tally {
  constructor(readonly path: string) {}

  create = (): Promise<void> => writeFile(this.path, '');

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

/** A step's program that counts itself, writes two products and exits as it was ordered to. */
export const countingProgram = (tally: Tally, orders: string): string => `
key="$WORKFLOW_RUN_ID.$WORKFLOW_ATTEMPT"
printf 'began %s\\n' "$key" >>'${tally.path}'
read -r code <'${orders}'/"$key"
if [ "$code" = 0 ]; then
  mkdir -p "$1/science" "$1/plots"
  printf 'product of %s\\n' "$key" >"$1/science/product.fits"
  printf 'plot of %s\\n' "$key" >"$1/plots/quick-look.png"
  printf 'finished %s\\n' "$key" >>'${tally.path}'
fi
exit "$code"
`;
