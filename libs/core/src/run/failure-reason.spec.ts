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

  it.each([
    [
      'INFRASTRUCTURE',
      'container creation failed: mount hook function failure: mount /d->/d error: no such file',
    ],
    ['INFRASTRUCTURE', 'While checking container encryption: could not open image /i.sif: no such file'],
    ['INFRASTRUCTURE', 'image driver mount failure: squashfuse_ll exited: cannot read the squashfs image.'],
    ['SOFTWARE', 'could not open image /i.sif: image format not recognized'],
    ['SOFTWARE', '"tool": executable file not found in $PATH'],
    ['SOFTWARE', 'stat /opt/tool: no such file or directory'],
    ['SOFTWARE', 'permission denied'],
  ])('tells what the container runtime could not do, as %s: %s', (failureClass, word) => {
    const failure = { class: 'SOFTWARE', reason: 'the program failed with exit code 255' } as const;
    const told = withWordsOfProgram(failure, `WARNING: skipping\nFATAL:   ${word}\n`, 255);

    expect(told.class).toBe(failureClass);
    expect(told.reason.split('\n')[0]).toBe(`the container could not start the program: ${word}`);
  });

  it('keeps a program that ends with 255 itself, and one that speaks of fatal things', () => {
    const failure = { class: 'SOFTWARE', reason: 'the program failed with exit code 255' } as const;

    expect(withWordsOfProgram(failure, 'FATAL: no calibration', 255).reason).toMatch(/^the program failed/);
    expect(withWordsOfProgram(failure, 'FATAL:   no calibration', 1).reason).toMatch(/^the program failed/);
  });

  it('says that a node has no container runtime', () => {
    const failure = { class: 'SOFTWARE', reason: 'the program failed with exit code 127' } as const;
    const words = 'timeout: failed to run command ‘apptainer’: No such file or directory';

    expect(withWordsOfProgram(failure, words, 127)).toEqual({
      class: 'INFRASTRUCTURE',
      reason: `the container runtime is not installed on the node\nlast lines of stderr:\n${words}`,
    });
  });
});
