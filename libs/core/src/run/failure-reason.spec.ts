import fc from 'fast-check';
import { reasonWithStderr, safeText, withWordsOfProgram } from './failure-reason.js';

describe('safeText', () => {
  it('removes what steers a terminal and keeps lines', () => {
    expect(safeText('a\u001b[2Jb\u0000c\r\nd\te\rf')).toBe('a�[2Jb�c\nd\te\nf');
  });

  it('cuts what is too long, never through a character', () => {
    expect(safeText('abcdef', 4)).toBe('abc…');
    expect(safeText('ab😀def', 4)).toBe('ab…');
  });

  it('makes any text storable: bounded, well formed, without NUL', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 1, max: 100 }),
        (text, maxLength) => {
          const safe = safeText(text, maxLength);
          expect(safe.length).toBeLessThanOrEqual(maxLength);
          expect(safe).not.toContain('\0');
          expect(Buffer.from(safe, 'utf8').toString('utf8')).toBe(safe);
        },
      ),
    );
  });
});

describe('reasonWithStderr', () => {
  it('adds the last lines', () => {
    expect(reasonWithStderr('exit code 1', 'Traceback\n\nValueError: no\n')).toBe(
      'exit code 1\nlast lines of stderr:\nTraceback\nValueError: no',
    );
  });

  it('adds nothing when nothing was written', () => {
    expect(reasonWithStderr('exit code 1', '\n\n')).toBe('exit code 1');
  });

  it('keeps twenty lines', () => {
    const stderr = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n');

    expect(reasonWithStderr('r', stderr).split('\n').slice(2)).toEqual(
      Array.from({ length: 20 }, (_, n) => `line ${n + 30}`),
    );
  });

  it('is bounded, whatever was written', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9000 }), (stderr) => reasonWithStderr('r', stderr).length < 2100),
    );
    expect(reasonWithStderr('r', 'x'.repeat(1e6)).length).toBeLessThan(2100);
  });
});

describe('withWordsOfProgram', () => {
  it('takes a full disk for what it is, whatever the exit code', () => {
    const failure = { class: 'SOFTWARE', reason: 'the program failed with exit code 1' } as const;

    expect(withWordsOfProgram(failure, 'Error: ENOSPC: no space left on device, write')).toEqual({
      class: 'INFRASTRUCTURE',
      reason:
        'the disk is full: the program failed with exit code 1\nlast lines of stderr:\nError: ENOSPC: no space left on device, write',
    });
  });

  it('leaves every other failure its class', () => {
    const failure = { class: 'BAD_DATA', reason: 'refused' } as const;

    expect(withWordsOfProgram(failure, 'No space left on device').class).toBe('BAD_DATA');
  });
});
