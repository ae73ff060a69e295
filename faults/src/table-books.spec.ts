import { checkTableBooks, type CompletedRun, type RowEntry, type TableBooks } from './table-books.js';

const lines = (...objects: readonly object[]): string =>
  objects.map((one) => `${JSON.stringify(one)}\n`).join('');

/** Of two items: one with two rows, one of which only a broken line was said. */
const said = (madeBy: string): Map<string, string> =>
  new Map([
    ['metrics.json', '{"snr": 7}'],
    [
      'results/sources.ndjson',
      lines(
        { item: 1, number: 1, made_by: madeBy },
        { item: 1, number: 2, made_by: madeBy, flags: [] },
        { item: 2, number: 'x', made_by: madeBy },
      ),
    ],
    ['results/outcomes.ndjson', lines({ item: 1, outcome: 'ok' })],
    ['results/summary.ndjson', lines({ made_by: madeBy })],
  ]);

const run = (runId: number): CompletedRun => ({
  ...{ runId, attempt: 1, subGroupId: 9, itemIds: [1, 2], outcomes: { 1: 'ok', 2: 'failed' } },
  ...{ quarantined: 1, verdict: 'WARN' },
});
const row = (number: number | null, runId: number, replacedBy: number | null = null): RowEntry => ({
  ...{ subject: number === null ? 9 : 1, number, runId, madeBy: `run ${runId}` },
  ...{ rowId: number ?? 0, replacedBy },
});

/** Two runs of the same items, one after the other. */
const BOOKS: TableBooks = {
  runs: [run(1), run(2)],
  sources: [row(1, 1, 2), row(2, 1, 2), row(1, 2), row(2, 2)],
  summaries: [row(null, 1, 2), row(null, 2)],
  staged: [],
};
const kinds = (changed: Partial<TableBooks>) =>
  checkTableBooks({ ...BOOKS, ...changed }, ({ runId }) => said(`run ${runId}`)).map(({ kind }) => kind);

describe('checkTableBooks', () => {
  it('finds nothing wrong with what the programs said, and what was there before', () => {
    expect(kinds({})).toEqual([]);
  });

  it('expects the rows of the later run, whichever completed first, and no history of the earlier', () => {
    const first = { runs: [run(2), run(1)], sources: [row(1, 2), row(2, 2)], summaries: [row(null, 2)] };
    expect(kinds(first)).toEqual([]);
  });

  it.each<[string, string[], Partial<TableBooks>]>([
    ['a row that is missing', ['lost'], { sources: BOOKS.sources.slice(0, -1) }],
    ['a row of which there are two', ['doubled'], { sources: [...BOOKS.sources, row(1, 2)] }],
    ['a row that nobody wrote', ['doubled'], { sources: [...BOOKS.sources, row(3, 2)] }],
    ['history that is missing', ['lost'], { sources: BOOKS.sources.slice(1) }],
    [
      'a row of another attempt',
      ['lost', 'doubled'],
      { summaries: [row(null, 1, 2), { ...row(null, 2), madeBy: 'run 2 before' }] },
    ],
    [
      'a row that lost its id',
      ['lost'],
      { sources: [{ ...row(1, 1, 2), rowId: 77 }, ...BOOKS.sources.slice(1)] },
    ],
    ['an item without an outcome', ['lost'], { runs: [run(1), { ...run(2), outcomes: { 1: 'ok' } }] }],
    [
      'an item with another outcome',
      ['lost'],
      { runs: [run(1), { ...run(2), outcomes: { 1: 'ok', 2: 'missing' } }] },
    ],
    ['a bad line that is not in quarantine', ['lost'], { runs: [run(1), { ...run(2), quarantined: 0 }] }],
    ['another verdict', ['lost'], { runs: [run(1), { ...run(2), verdict: null }] }],
    ['rows that are staged still', ['stuck'], { staged: [1] }],
  ])('finds %s', (_, expected, changed) => {
    expect(kinds(changed)).toEqual(expected);
  });
});
