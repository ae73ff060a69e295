import { parseArgs } from 'node:util';

export const GAP_PARTS = ['P1', 'P2', 'P3', 'P4', 'R6', 'plans'] as const;
export type GapPart = (typeof GAP_PARTS)[number];

export interface GapsOptions {
  readonly parts: readonly GapPart[];
  /** Items of the archives, ascending. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Runs that P4 creates at once; items and sub-groups follow from it. */
  readonly runs: number;
  /** How long a transaction is held in R6. */
  readonly minutes: number;
}

/** --only P1,P2, --sizes 100000,1000000, --rounds N, --runs N, --minutes N. */
export function readGapsOptions(words: readonly string[]): GapsOptions {
  const { values } = parseArgs({
    args: words.filter((word) => word !== '--json'),
    options: {
      only: { type: 'string', default: GAP_PARTS.join(',') },
      sizes: { type: 'string', default: '100000,1000000' },
      rounds: { type: 'string', default: '7' },
      runs: { type: 'string', default: '100000' },
      minutes: { type: 'string', default: '1' },
    },
  });
  const parts = values.only.split(',').map((name) => {
    const part = GAP_PARTS.find((known) => known === name);
    if (part === undefined) throw new Error(`--only knows ${GAP_PARTS.join(', ')}, not ${name}`);
    return part;
  });
  return {
    parts,
    sizes: values.sizes
      .split(',')
      .map((size) => positive('--sizes', size))
      .sort((a, b) => a - b),
    rounds: positive('--rounds', values.rounds),
    runs: positive('--runs', values.runs),
    minutes: positive('--minutes', values.minutes),
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${name} wants a positive number, not ${text}`);
  return number;
}
