import { createHash } from 'node:crypto';
import type { JobToken } from '@meridian/core';
import { tallyKey } from '../tally.js';

/** The products of every run. */
export const OUTPUTS = ['science/product.fits', 'plots/quick-look.png'] as const;

/** How much of the science: enough to be written in parts. */
const LINES = 200;

/** What the program leaves beside its products, by path; what it says of an item depends on the attempt and the item alone. */
export function programOutput(token: JobToken, inputIds: readonly number[]): Map<string, string> {
  const items = inputIds.map((id) => wordOn(token, id));
  const lines = (of: (word: ItemWord) => readonly object[]): string =>
    items.flatMap((word) => of(word).map((line) => `${JSON.stringify(line)}\n`)).join('');
  return new Map<string, string>([
    ...OUTPUTS.map((name): [string, string] => [name, `${name} of ${token}\n`.repeat(LINES)]),
    ['metrics.json', JSON.stringify({ snr: drawn(20, tallyKey(token), 'snr') })],
    ['results/sources.ndjson', lines(({ rows }) => rows)],
    ['results/outcomes.ndjson', lines(({ said }) => (said === null ? [] : [said]))],
    ['results/summary.ndjson', `${JSON.stringify({ made_by: token })}\n`],
  ]);
}

interface ItemWord {
  readonly rows: readonly object[];
  readonly said: object | null;
}

/** Each way in which an item can end: with rows, flagged, without any, in silence, badly, and with a line that cannot be kept. */
function wordOn(token: JobToken, item: number): ItemWord {
  // Without the name of the installation, which is another one each time.
  const key = tallyKey(token);
  const row = (number: number, flags: readonly string[] = []): object => ({
    ...{ item, number, made_by: token, flags },
  });
  const rows = Array.from({ length: 1 + drawn(3, key, 'rows', item) }, (_, index) => row(index + 1));
  const broken = { item, number: 'many', made_by: token };
  switch (drawn(9, key, 'word', item)) {
    case 0:
      return { rows: [], said: { item, outcome: 'failed', class: 'BAD_DATA', reason: 'no signal' } };
    case 1:
      return { rows: [], said: { item, outcome: 'skipped', reason: 'too faint' } };
    case 2:
      return { rows: [], said: null };
    case 3:
      return { rows: [], said: { item, outcome: 'ok' } };
    case 4:
      return { rows: [...rows, broken], said: null };
    case 5:
      return { rows: [broken], said: null };
    case 6:
      return { rows: [...rows, row(7, ['edge'])], said: null };
    case 7:
      return { rows: [...rows, row(1)], said: { item, outcome: 'ok' } };
    default:
      return { rows, said: { item, outcome: 'ok', elapsed_seconds: 1 } };
  }
}

/** A whole number below `count` that these words decide. */
function drawn(count: number, ...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE() % count;
}
