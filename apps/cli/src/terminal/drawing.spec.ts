import pc from 'picocolors';
import { plainProgress, ProgressDisplay, renderProgress } from './progress.js';
import type { ProgressRow } from './progress.js';
import { renderTable } from './table.js';
import type { Terminal } from './terminal.js';
import { depthOf, renderTree } from './tree.js';

const colors = pc.createColors(false);

const terminalInto = (lines: string[], isLive: boolean): Terminal => ({
  colors,
  isLive,
  width: 80,
  print: (line) => void lines.push(line),
  write: (text) => void lines.push(text),
  note: (line) => void lines.push(line),
  draw: (text) => void lines.push(text),
});

const row = (values: Partial<ProgressRow>): ProgressRow => ({
  name: 'calibrate',
  done: 0,
  running: 0,
  failed: 0,
  total: 8,
  note: '',
  ...values,
});

describe('a table', () => {
  it('has aligned columns and no frame', () => {
    const text = renderTable(
      {
        head: ['step', 'runs'],
        rows: [
          ['extract', '12'],
          ['mosaic', '1'],
        ],
        right: [1],
      },
      colors,
    );

    expect(text).toBe(['step     runs', 'extract    12', 'mosaic      1'].join('\n'));
  });

  it('cannot be redrawn by what it shows', () => {
    const text = renderTable({ head: ['name'], rows: [['a\u001b[2Jb\nc']] }, colors);

    expect(text).toBe('name\na�[2Jb�c');
  });
});

describe('a tree', () => {
  const tree = {
    label: 'mosaic',
    children: [
      { label: 'a', children: [{ label: 'raw', children: [] }] },
      { label: 'b', children: [] },
    ],
  };

  it('has branches', () => {
    expect(renderTree(tree)).toEqual(['mosaic', '├─ a', '│  └─ raw', '└─ b']);
  });

  it('is as deep as its longest branch', () => {
    expect(depthOf(tree)).toBe(3);
  });
});

describe('progress', () => {
  it('is one bar for each step', () => {
    const lines = renderProgress(
      [row({ done: 3, running: 2 }), row({ name: 'mosaic', total: 0, note: 'for calibrate' })],
      80,
    );

    expect(lines).toEqual([
      'calibrate  █████████▒▒▒▒▒▒·········  3/8, 2 running',
      'mosaic     ························  waiting, for calibrate',
    ]);
  });

  it('never is wider than the terminal', () => {
    expect(renderProgress([row({ note: 'x'.repeat(200) })], 60)[0]).toHaveLength(59);
  });

  it('is words without bars in a log', () => {
    expect(plainProgress(row({ done: 8, failed: 1 }))).toBe('calibrate 8/8, 1 failed');
  });

  it('says each step once for each change when nothing can be redrawn', () => {
    const lines: string[] = [];
    const display = new ProgressDisplay(terminalInto(lines, false), new Date(0));

    display.update([row({ done: 1 })], new Date(1000));
    display.update([row({ done: 1 })], new Date(2000));
    display.update([row({ done: 2 })], new Date(3000));

    expect(lines).toEqual(['[1.0 s] calibrate 1/8', '[3.0 s] calibrate 2/8']);
  });

  it('is redrawn in place on a terminal', () => {
    const lines: string[] = [];
    const display = new ProgressDisplay(terminalInto(lines, true), new Date(0));

    display.update([row({})], new Date(0));
    display.update([row({})], new Date(0));

    expect(lines[0]?.startsWith('\u001b[2K')).toBe(true);
    expect(lines[1]?.startsWith('\u001b[2A')).toBe(true);
  });
});
