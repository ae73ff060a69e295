import { parseArgs } from 'node:util';

export const RESULT_PARTS = ['P10', 'P11', 'P13', 'P15'] as const;
export type ResultPart = (typeof RESULT_PARTS)[number];

export interface ResultsOptions {
  readonly parts: readonly ResultPart[];
  /** Of the archive whose lineage is walked (P11; 10,000,000 for the record) or that is registered (P10, P15). */
  readonly products: number;
  /** How often each quantity is measured. */
  readonly rounds: number;
  /** Bytes of the files that P13 adds up. */
  readonly bytes: number;
}

/** --only P10,P11,P13,P15, --products N, --rounds N, --bytes N. */
export function readResultsOptions(words: readonly string[]): ResultsOptions {
  const { values } = parseArgs({
    args: words.filter((word) => word !== '--json'),
    options: {
      only: { type: 'string', default: RESULT_PARTS.join(',') },
      products: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      bytes: { type: 'string', default: String(2 ** 30) },
    },
  });
  const parts = values.only.split(',').map((name) => {
    const part = RESULT_PARTS.find((known) => known === name);
    if (part === undefined) throw new Error(`--only knows ${RESULT_PARTS.join(', ')}, not ${name}`);
    return part;
  });
  return {
    parts,
    products: wholeNumber('--products', values.products),
    rounds: wholeNumber('--rounds', values.rounds),
    bytes: wholeNumber('--bytes', values.bytes),
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!(number >= 1) || !Number.isSafeInteger(number))
    throw new Error(`${name} wants a whole number, 1 at least, not ${text}`);
  return number;
}
