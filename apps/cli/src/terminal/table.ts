import Table from 'cli-table3';
import type { Terminal } from './terminal.js';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export interface TableOptions {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns (by position) whose cells are aligned to the right: numbers. */
  readonly right?: readonly number[];
}

/** Rows under a bold head, columns two spaces apart, no frame; one string without a final newline. */
export function renderTable({ head, rows, right = [] }: TableOptions, colors: Terminal['colors']): string {
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => row.map(oneLine)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

// A name that holds a line break or an escape sequence must not be able to redraw the terminal.
function oneLine(cell: string): string {
  return cell.replace(/[\u0000-\u001a\u001c-\u001f\u007f]|\u001b(?!\[[0-9;]*m)/g, '�');
}
