import fc from 'fast-check';
import { latestProgress } from './progress-file.js';

const line = (said: object): string => `${JSON.stringify(said)}\n`;
const NOTHING = { fraction: null, message: '', itemsDone: null, itemsTotal: null, saidAt: null };

describe('the progress of a program', () => {
  it('is the last that it said', () => {
    expect(
      latestProgress(
        line({ fraction: 0.1, message: 'reading' }) +
          line({
            ...{ fraction: 0.4, message: 'fitting', items_done: 40, items_total: 100 },
            time: '2026-05-01T12:00:00Z',
          }),
      ),
    ).toEqual({
      ...{ fraction: 0.4, message: 'fitting', itemsDone: 40, itemsTotal: 100 },
      saidAt: new Date('2026-05-01T12:00:00Z'),
    });
  });

  it('is read from a tail that begins within a line, and whose last line is torn', () => {
    const whole = line({ message: 'one' }) + line({ message: 'two' }) + line({ message: 'three' });
    expect(latestProgress(whole.slice(8, -6))?.message).toBe('two');
    expect(latestProgress(whole.slice(0, -1))?.message).toBe('three');
  });

  it.each([
    [
      { items_done: 1, items_total: 4 },
      { fraction: 0.25, itemsDone: 1, itemsTotal: 4 },
    ],
    [{ fraction: 1.7 }, { fraction: 1 }],
    [{ fraction: -1 }, { fraction: 0 }],
    [{ items_done: 3 }, { itemsDone: 3 }],
    [{ message: 'a\u0000\u001b[2J', items_done: 1.5 }, { message: 'a\ufffd\ufffd[2J' }],
    [
      { message: 'x', time: 1_777_000_000 },
      { message: 'x', saidAt: new Date(1_777_000_000_000) },
    ],
    [{ message: 'x', time: 'yesterday' }, { message: 'x' }],
  ])('%j', (said, expected) => {
    expect(latestProgress(line(said))).toEqual({ ...NOTHING, ...expected });
  });

  it('is passed over where a line says nothing', () => {
    expect(
      latestProgress(`${line({ message: 'here' })}${line({ other: 1 })}[1]\n\nnull\n{"fraction": NaN}\n`)
        ?.message,
    ).toBe('here');
    expect(latestProgress('')).toBeNull();
  });

  it('is never an error, whatever is in the file', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => `{"message": ${text}}\n${text}`),
        ),
        (text) => {
          const progress = latestProgress(text);
          expect(progress === null || (progress.fraction ?? 0) <= 1).toBe(true);
        },
      ),
    );
  });
});
