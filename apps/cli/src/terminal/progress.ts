import type { Terminal } from './terminal.js';
import { formatDuration } from './formats.js';

/** One step's progress. */
export interface ProgressRow {
  readonly name: string;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly total: number;
  /** What it waits for, when it does. */
  readonly note: string;
}

const BAR = 24;

/** One line per step: name, bar, counts, note; names aligned, no line wider than `width`. */
export function renderProgress(rows: readonly ProgressRow[], width: number): string[] {
  const nameWidth = Math.max(0, ...rows.map((row) => row.name.length));
  return rows.map((row) => {
    const filled = row.total === 0 ? 0 : Math.floor((BAR * row.done) / row.total);
    const active = row.total === 0 ? 0 : Math.min(BAR - filled, Math.ceil((BAR * row.running) / row.total));
    const bar = `${'█'.repeat(filled)}${'▒'.repeat(active)}${'·'.repeat(BAR - filled - active)}`;
    return `${row.name.padEnd(nameWidth)}  ${bar}  ${summaryOf(row)}`.slice(0, width - 1);
  });
}

/** The same in words, for logs: `calibrate 3/8, 2 running`. */
export const plainProgress = (row: ProgressRow): string => `${row.name} ${summaryOf(row)}`;

function summaryOf(row: ProgressRow): string {
  const parts = [row.total === 0 ? 'waiting' : `${row.done}/${row.total}`];
  if (row.running > 0) parts.push(`${row.running} running`);
  if (row.failed > 0) parts.push(`${row.failed} failed`);
  if (row.note !== '') parts.push(row.note);
  return parts.join(', ');
}

/**
 * Progress of work that takes a while: redrawn in place on a terminal, otherwise one plain line for each
 * step whenever its counts change.
 */
export class ProgressDisplay {
  private drawn = 0;
  private readonly said = new Map<string, string>();

  constructor(
    private readonly terminal: Terminal,
    private readonly startedAt: Date,
    private readonly enabled = true,
  ) {}

  update(rows: readonly ProgressRow[], now: Date): void {
    if (!this.enabled) return;
    const elapsed = formatDuration((now.getTime() - this.startedAt.getTime()) / 1000);
    if (this.terminal.isLive) return this.redraw([...renderProgress(rows, this.terminal.width), elapsed]);
    for (const row of rows) {
      const text = plainProgress(row);
      if (this.said.get(row.name) === text) continue;
      this.said.set(row.name, text);
      this.terminal.note(`[${elapsed}] ${text}`);
    }
  }

  /** Leaves the last picture where it is; later lines go below it. */
  finish(): void {
    this.drawn = 0;
  }

  private redraw(lines: readonly string[]): void {
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    this.terminal.draw(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.drawn = lines.length;
  }
}
