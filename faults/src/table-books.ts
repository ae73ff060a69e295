import { resultRelation, rawSql, sql, SUCCESSFUL_STATUSES } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { Violation } from './books.js';

/** A row of a table, where it is now or where it was before another took its place. */
export interface RowEntry {
  readonly subject: number;
  /** Null in a table of sub-groups, which have one row each. */
  readonly number: number | null;
  readonly runId: number;
  readonly madeBy: string;
  readonly rowId: number;
  /** The run that replaced it; null for a row that is there now. */
  readonly replacedBy: number | null;
}

export interface CompletedRun {
  readonly runId: number;
  readonly attempt: number;
  readonly subGroupId: number;
  readonly itemIds: readonly number[];
  readonly outcomes: Readonly<Record<string, string>>;
  /** Lines of this attempt in quarantine. */
  readonly quarantined: number;
  readonly verdict: string | null;
}

/** What the ops-db says of items, tables and quality when everything is quiet. */
export interface TableBooks {
  /** In the order in which they completed. */
  readonly runs: readonly CompletedRun[];
  readonly sources: readonly RowEntry[];
  readonly summaries: readonly RowEntry[];
  /** Runs that have ended and of which rows are staged still. */
  readonly staged: readonly number[];
}

/** What the program of an attempt said, by path. */
export type Said = ReadonlyMap<string, string>;

export async function readTableBooks(manager: EntityManager, software: string): Promise<TableBooks> {
  const runs = await queryRows<CompletedRun>(
    manager,
    sql`SELECT run.id AS "runId", run.attempt, run.sub_group_id AS "subGroupId",
          ARRAY(SELECT item_id FROM input_set_member member WHERE member.input_set_id = run.input_set_id ORDER BY item_id) AS "itemIds",
          coalesce((SELECT jsonb_object_agg(item_id, outcome) FROM item_outcome WHERE run_id = run.id), '{}') AS outcomes,
          (SELECT count(*)::int FROM quarantined_row bad WHERE bad.run_id = run.id AND bad.attempt = run.attempt) AS quarantined,
          (SELECT verdict FROM qa_judgement WHERE run_id = run.id) AS verdict
        FROM run WHERE status = ANY(${SUCCESSFUL_STATUSES}) ORDER BY finished_at, run.id`,
  );
  const staged = await queryRows<{ id: number }>(manager, sql`SELECT DISTINCT run_id AS id FROM staged_row`);
  return {
    runs,
    sources: await rowsOf(manager, resultRelation(software, 'sources'), 'item_id', 'number'),
    summaries: await rowsOf(manager, resultRelation(software, 'summary'), 'sub_group_id', 'NULL::integer'),
    staged: staged.map(({ id }) => id),
  };
}

function rowsOf(
  manager: EntityManager,
  relation: string,
  subject: string,
  number: string,
): Promise<RowEntry[]> {
  const columns = rawSql(
    `${subject} AS subject, ${number} AS number, run_id AS "runId", made_by AS "madeBy", row_id AS "rowId"`,
  );
  return queryRows(
    manager,
    sql`SELECT ${columns}, NULL::bigint AS "replacedBy" FROM ${rawSql(`results.${relation}`)}
        UNION ALL SELECT ${columns}, replaced_by_run_id FROM ${rawSql(`results.${relation}__history`)}`,
  );
}

/** Every way in which tables, outcomes and verdicts contradict what the programs said; nothing when they do not. */
export function checkTableBooks(books: TableBooks, saidBy: (run: CompletedRun) => Said): Violation[] {
  const words = books.runs.map((run) => ({ run, word: wordOf(run, saidBy(run)) }));
  return [
    ...words.flatMap(({ run, word }) => checkRun(run, word)),
    ...checkRows(
      'sources',
      books.sources,
      historyOf(words, ({ word }) => word.rows),
    ),
    ...checkRows(
      'summary',
      books.summaries,
      historyOf(words, ({ run, word }) => [{ subject: run.subGroupId, rows: word.summary }]),
    ),
    ...books.staged.map((runId): Violation => ({
      kind: 'stuck',
      text: `rows of run ${runId} are staged still`,
    })),
  ];
}

interface SaidRow {
  readonly number: number | null;
  readonly madeBy: string;
}

interface SubjectRows {
  readonly subject: number;
  readonly rows: readonly SaidRow[];
}

interface Word {
  readonly outcomes: Readonly<Record<string, string>>;
  /** Of items that ended well, also where they have none. */
  readonly rows: readonly SubjectRows[];
  readonly summary: readonly SaidRow[];
  readonly badLines: number;
  readonly verdict: string;
}

/** What ought to come of what a program said: written here once more, and as plainly as possible. */
function wordOf(run: CompletedRun, said: Said): Word {
  const outcomes: Record<string, string> = {};
  const rows: SubjectRows[] = [];
  let badLines = 0;
  const lines = linesOf(said, 'results/sources.ndjson');
  const words = linesOf(said, 'results/outcomes.ndjson');
  for (const item of run.itemIds) {
    const mine = lines.filter((line) => line['item'] === item);
    const kept = mine.filter((line, index) => isKept(line, mine.slice(0, index)));
    badLines += mine.length - kept.length;
    const word = words.find((line) => line['item'] === item)?.['outcome'];
    const outcome = outcomeOf(word, kept, mine.length - kept.length);
    outcomes[String(item)] = outcome;
    if (outcome === 'ok' || outcome === 'ok_flagged') rows.push({ subject: item, rows: kept.map(rowOf) });
  }
  const [metrics] = linesOf(said, 'metrics.json');
  const snr = Number(metrics?.['snr']);
  return {
    ...{ outcomes, rows, badLines },
    summary: linesOf(said, 'results/summary.ndjson').map(rowOf),
    verdict: snr < 5 ? 'FAIL' : snr < 10 ? 'WARN' : 'PASS',
  };
}

type Line = Readonly<Record<string, unknown>>;

const linesOf = (said: Said, path: string): Line[] =>
  (said.get(path) ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Line);

const isKept = (line: Line, before: readonly Line[]): boolean =>
  typeof line['number'] === 'number' && !before.some((other) => other['number'] === line['number']);

const rowOf = (line: Line): SaidRow => ({
  number: typeof line['number'] === 'number' ? line['number'] : null,
  madeBy: String(line['made_by']),
});

function outcomeOf(word: unknown, kept: readonly Line[], badLines: number): string {
  if (word === 'failed' || word === 'skipped') return word;
  if (badLines > 0) return kept.length > 0 ? 'ok_flagged' : 'failed';
  if (word === undefined && kept.length === 0) return 'missing';
  return kept.some(({ flags }) => Array.isArray(flags) && flags.length > 0) ? 'ok_flagged' : 'ok';
}

function checkRun(run: CompletedRun, word: Word): Violation[] {
  const name = `run ${run.runId}`;
  const differences = [...new Set([...Object.keys(word.outcomes), ...Object.keys(run.outcomes)])]
    .filter((item) => word.outcomes[item] !== run.outcomes[item])
    .map((item) => `item ${item} of ${name} is ${run.outcomes[item]}, not ${word.outcomes[item]}`);
  if (run.quarantined !== word.badLines)
    differences.push(`${name} has ${run.quarantined} lines in quarantine, not ${word.badLines}`);
  if (run.verdict !== word.verdict)
    differences.push(`${name} was judged ${run.verdict}, not ${word.verdict}`);
  return differences.map((text) => ({ kind: 'lost', text }));
}

interface ExpectedRow extends SaidRow {
  readonly subject: number;
  readonly runId: number;
  readonly replacedBy: number | null;
}

interface Spoken {
  readonly run: CompletedRun;
  readonly word: Word;
}

/** Each subject's rows, run after run: each takes the place of those before, unless a later one was there already. */
function historyOf(
  spoken: readonly Spoken[],
  rowsOf: (one: Spoken) => readonly SubjectRows[],
): ExpectedRow[] {
  const present = new Map<number, { runId: number; rows: readonly SaidRow[] }>();
  const past: ExpectedRow[] = [];
  const expected = (
    subject: number,
    { runId, rows }: { runId: number; rows: readonly SaidRow[] },
    by: number | null,
  ) => rows.map((row) => ({ ...row, subject, runId, replacedBy: by }));
  for (const one of spoken) {
    const { runId } = one.run;
    for (const { subject, rows } of rowsOf(one)) {
      const before = present.get(subject);
      if (before !== undefined && before.runId > runId) continue;
      if (before !== undefined) past.push(...expected(subject, before, runId));
      present.set(subject, { runId, rows });
    }
  }
  return [...past, ...[...present].flatMap(([subject, held]) => expected(subject, held, null))];
}

function checkRows(table: string, found: readonly RowEntry[], expected: readonly ExpectedRow[]): Violation[] {
  const nameOf = ({ subject, number, runId, madeBy, replacedBy }: ExpectedRow): string =>
    `row ${subject}/${number} of ${table} by run ${runId} (${madeBy})${replacedBy === null ? '' : `, replaced by run ${replacedBy}`}`;
  const counts = new Map<string, number>();
  for (const row of found) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
  const wanted = new Set(expected.map(nameOf));
  return [
    ...[...wanted]
      .filter((name) => !counts.has(name))
      .map((name): Violation => ({ kind: 'lost', text: `${name} is not there` })),
    ...[...counts]
      .filter(([name, count]) => count > 1 || !wanted.has(name))
      .map(([name, count]): Violation => ({
        kind: 'doubled',
        text: `${name} is there ${count} times${wanted.has(name) ? '' : ', and should not be'}`,
      })),
    ...checkIdentities(table, found),
  ];
}

/** A row keeps its id as long as run after run has it. */
function checkIdentities(table: string, found: readonly RowEntry[]): Violation[] {
  const keyOf = ({ subject, number }: RowEntry, runId: number): string => `${subject} ${number} ${runId}`;
  const byRun = new Map(found.map((row) => [keyOf(row, row.runId), row]));
  return found.flatMap((row): Violation[] => {
    const next = row.replacedBy === null ? undefined : byRun.get(keyOf(row, row.replacedBy));
    if (next === undefined || next.rowId === row.rowId) return [];
    return [
      {
        kind: 'lost',
        text: `row ${row.subject}/${row.number} of ${table} lost its id in run ${row.replacedBy}`,
      },
    ];
  });
}
