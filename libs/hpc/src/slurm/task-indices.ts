/**
 * The indices of an array's tasks as Slurm writes them, `0-99,104`, from ascending numbers.
 *
 * Slurm shows at most 64 characters of such a list by default (SLURM_BITSTR_LEN) and cuts the rest off; see `plan-arrays.ts`.
 */
export function writeIndices(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

export interface TaskIndices {
  readonly indices: ReadonlySet<number>;
  /** The list was cut off, or holds something that is no list: more indices may be in it. */
  readonly isPartial: boolean;
}

const RANGE = /^(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?$/;
const MOST_INDICES = 4_000_001;

/** Reads `0-3,7,9-20:2%5`, brackets allowed, as squeue, sacct and slurmrestd print it. */
export function readIndices(text: string): TaskIndices {
  const list = text.trim().replace(/^\[/, '').replace(/\]$/, '').replace(/%\d+$/, '');
  const indices = new Set<number>();
  let isPartial = list === '';
  for (const part of list.split(',')) {
    const [, from, to = from, step = '1'] = RANGE.exec(part.trim()) ?? [];
    const [first, last, stride] = [Number(from), Number(to), Number(step)];
    const isRange = from !== undefined && last >= first && stride >= 1 && last < MOST_INDICES;
    if (!isRange) isPartial = true;
    else for (let index = first; index <= last; index += stride) indices.add(index);
  }
  return { indices, isPartial };
}
