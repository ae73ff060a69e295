import {
  itemCounts,
  knownItems,
  readOutcome,
  readRow,
  settleOutcomes,
  type KnownItems,
  type OutputWarning,
  type ResultTable,
  type SaidOutcome,
  type SettledOutcome,
} from '@meridian/core';
import {
  clearStagedRows,
  listRepeatedRows,
  quarantineRows,
  stageRows,
  unstageRows,
  type DeclaredTables,
  type QuarantinedRow,
  type RowToStage,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { AttemptDirectory } from './attempt-directory.js';

/** What a run's tables and items came to. */
export interface TakenTables {
  readonly outcomes: readonly SettledOutcome[];
  readonly warnings: readonly OutputWarning[];
  /** How many rows must be staged when the run completes. */
  readonly stagedRows: number;
}

type DeclaredTable = ResultTable & { readonly id: number };

const OUTCOMES_FILE = 'outcomes.ndjson';
const BATCH = 2000;
const QUOTED = 2000;

/**
 * Reads the rows of a run's tables, line by line, into staging, and says what became of each of its items.
 *
 * Doing it twice stages the same; what it stages shows nowhere until the run completes, and of a run that somebody else collects by now
 * nothing is staged. Rejects when the disk does not answer.
 */
export async function takeTables(
  { manager, leaseOwner }: { readonly manager: EntityManager; readonly leaseOwner: string },
  directory: AttemptDirectory,
  { runId, attempt, tables, inputs }: DeclaredTables,
  recorded: ReadonlySet<string>,
): Promise<TakenTables> {
  const held = { runId, attempt, leaseOwner };
  await clearStagedRows(manager, held);
  const intake = new Intake(manager, held, knownItems(inputs));
  for (const table of tables) {
    const file = `${table.name}.ndjson`;
    if (recorded.has(`results/${file}`)) await intake.takeRows(table, directory.lines(`results/${file}`));
  }
  if (recorded.has(`results/${OUTCOMES_FILE}`))
    await intake.takeOutcomes(directory.lines(`results/${OUTCOMES_FILE}`));
  const hasItems = tables.some(({ rows_of }) => rows_of === 'item');
  const outcomes = hasItems ? intake.settled(inputs.map(({ id }) => id)) : [];
  return {
    outcomes,
    warnings: [...intake.warnings(), ...outcomeWarnings(outcomes)],
    stagedRows: intake.stagedRows,
  };
}

type Lines = ReturnType<AttemptDirectory['lines']>;

class Intake {
  stagedRows = 0;
  private readonly said = new Map<number, SaidOutcome>();
  private readonly withRow = new Set<number>();
  private readonly flagged = new Set<number>();
  private readonly quarantined = new Map<number, string>();
  private readonly badLines = new Map<string, number>();

  constructor(
    private readonly manager: EntityManager,
    private readonly run: { readonly runId: number; readonly attempt: number; readonly leaseOwner: string },
    private readonly items: KnownItems,
  ) {}

  async takeRows(table: DeclaredTable, lines: Lines): Promise<void> {
    const file = `${table.name}.ndjson`;
    let rows: RowToStage[] = [];
    let bad: QuarantinedRow[] = [];
    const flush = async (): Promise<void> => {
      await stageRows(this.manager, { ...this.run, rows });
      this.stagedRows += rows.length;
      await quarantineRows(this.manager, { ...this.run, rows: bad });
      [rows, bad] = [[], []];
    };
    for await (const { number: line, text, isCut } of lines) {
      const reading = isCut
        ? { ok: false as const, reason: 'is longer than 1 MiB', itemId: null }
        : readRow(table, text, this.items);
      if (reading.ok) {
        const { itemId, values, isFlagged } = reading.row;
        if (itemId !== null) this.withRow.add(itemId);
        if (itemId !== null && isFlagged) this.flagged.add(itemId);
        rows.push({ tableId: table.id, line, itemId, cells: values });
      } else {
        this.note(file, reading.itemId, reading.reason);
        bad.push({
          file,
          line,
          itemId: reading.itemId,
          reason: reading.reason,
          content: text.slice(0, QUOTED),
        });
      }
      if (rows.length + bad.length >= BATCH) await flush();
    }
    await flush();
    await this.setAsideRepeated(table);
  }

  /** Of rows with the same key the first is kept. */
  private async setAsideRepeated(table: DeclaredTable): Promise<void> {
    const file = `${table.name}.ndjson`;
    for (let found = BATCH; found === BATCH;) {
      const repeated = await listRepeatedRows(this.manager, { ...this.run, table, limit: BATCH });
      const rows = repeated.map(({ line, itemId, firstLine, cells }): QuarantinedRow => {
        const reason = `line ${firstLine} has the same key`;
        this.note(file, itemId, reason);
        return { file, line, itemId, reason, content: cells.slice(0, QUOTED) };
      });
      await quarantineRows(this.manager, { ...this.run, rows });
      await unstageRows(this.manager, {
        ...this.run,
        tableId: table.id,
        lines: repeated.map(({ line }) => line),
      });
      this.stagedRows -= repeated.length;
      found = repeated.length;
    }
  }

  async takeOutcomes(lines: Lines): Promise<void> {
    const bad: QuarantinedRow[] = [];
    for await (const { number: line, text } of lines) {
      const reading = readOutcome(text, this.items);
      if (reading.ok) this.said.set(reading.said.itemId, reading.said);
      else {
        const { itemId, reason } = reading;
        this.note(OUTCOMES_FILE, null, reason);
        bad.push({ file: OUTCOMES_FILE, line, itemId, reason, content: text.slice(0, QUOTED) });
      }
    }
    await quarantineRows(this.manager, { ...this.run, rows: bad });
  }

  settled(submitted: readonly number[]): SettledOutcome[] {
    const { withRow, flagged, quarantined } = this;
    return settleOutcomes(submitted, this.said, { withRow, flagged, quarantined });
  }

  warnings(): OutputWarning[] {
    return [...this.badLines].map(([file, count]) => ({
      code: 'rows.quarantined',
      message: `${count} lines of results/${file} could not be kept as rows; they and the reasons are in quarantine`,
    }));
  }

  /** The first reason of an item is the one that people see. */
  private note(file: string, itemId: number | null, reason: string): void {
    this.badLines.set(file, (this.badLines.get(file) ?? 0) + 1);
    if (itemId !== null && !this.quarantined.has(itemId)) this.quarantined.set(itemId, reason);
  }
}

function outcomeWarnings(outcomes: readonly SettledOutcome[]): OutputWarning[] {
  const { failed, missing } = itemCounts(outcomes);
  return [
    ...(failed > 0
      ? [{ code: 'items.failed', message: `${failed} of ${outcomes.length} items failed` }]
      : []),
    ...(missing > 0
      ? [
          {
            code: 'items.missing',
            message: `of ${missing} of ${outcomes.length} items the program said nothing`,
          },
        ]
      : []),
  ];
}
