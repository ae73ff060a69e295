import { UnreadableAnswer } from './unreadable-answer.js';

/**
 * The job's id in what `sbatch --parsable` printed: `123`, or `123;cluster`.
 *
 * @throws UnreadableAnswer when there is none, or more than one
 */
export function parseAcceptance(text: string): number {
  const ids = text.split('\n').flatMap((line) => /^([1-9]\d*)(?:;[\w.-]+)?$/.exec(line)?.[1] ?? []);
  const [id] = ids;
  if (id === undefined || ids.length > 1)
    throw new UnreadableAnswer(`sbatch printed ${JSON.stringify(text.slice(0, 80))} and no job id`);
  return Number(id);
}
