import pc from 'picocolors';
import { quietTerminal, type Terminal } from '../terminal/terminal.js';
import { progressInWords, runCountTable } from './runs.command.js';

const nowhere = (): void => undefined;
const terminal: Terminal = quietTerminal({
  colors: pc.createColors(false),
  isLive: false,
  width: 200,
  print: nowhere,
  write: nowhere,
  note: nowhere,
  draw: nowhere,
});

describe('runCountTable', () => {
  it('has a column for each status that there is, and sums', () => {
    const table = runCountTable(
      [
        { pipeline: 'm17', step: 'extract', statuses: { COMPLETED: 40, FAILED: 2 } },
        { pipeline: 'm17', step: 'mosaic', statuses: { COMPLETED: 1, PENDING: 3 } },
      ],
      { terminal },
    );

    const lines = table.split('\n').map((line) => line.trim().split(/\s+/));
    expect(lines).toEqual(
      expect.arrayContaining([
        ['pipeline', 'step', 'PENDING', 'COMPLETED', 'FAILED', 'all'],
        ['m17', 'extract', '40', '2', '42'],
        ['m17', 'mosaic', '3', '1', '4'],
        ['all', '3', '41', '2', '46'],
      ]),
    );
  });
});

describe('the progress of a run, in a list', () => {
  it.each([
    [
      { fraction: 0.409, message: 'fitting', items_done: 40, items_total: 100 },
      '████······ 40 %  40/100  fitting',
    ],
    [{ fraction: null, message: 'reading', items_done: 7, items_total: null }, '7  reading'],
    [{ fraction: 1, message: '', items_done: null, items_total: null }, '██████████ 100 %'],
  ])('%j', (said, expected) => {
    expect(progressInWords(said)).toBe(expected);
  });
});
