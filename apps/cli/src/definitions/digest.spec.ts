import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { digestOf, globToRegExp } from './digest.js';

const file = (path: string, text: string): { path: string; content: Uint8Array } => ({
  path,
  content: Buffer.from(text),
});

describe('the digest of a program', () => {
  it('is the SHA-256 of its sorted paths and contents', () => {
    const expected = createHash('sha256').update('a.mjs\x003\0one').update('lib/b.mjs\x000\0').digest('hex');

    expect(digestOf([file('lib/b.mjs', ''), file('a.mjs', 'one')])).toBe(`sha256:${expected}`);
  });

  it('does not depend on the order in which the files were found', () => {
    const files = [file('b', '1'), file('a', '2'), file('a/b', '3'), file('B', '4')];

    fc.assert(
      fc.property(
        fc.shuffledSubarray(files, { minLength: 4 }),
        (shuffled) => digestOf(shuffled) === digestOf(files),
      ),
    );
  });

  it('tells apart every change of a name, of a content and of where one ends', () => {
    const digests = [
      [file('a', 'bc')],
      [file('ab', 'c')],
      [file('a', 'b'), file('c', '')],
      [file('a', '')],
      [],
    ].map(digestOf);

    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('a file pattern', () => {
  it.each([
    ['*.mjs', 'a.mjs', true],
    ['*.mjs', 'lib/a.mjs', false],
    ['**/*.mjs', 'lib/deep/a.mjs', true],
    ['**/*.mjs', 'a.mjs', true],
    ['lib/**', 'lib/deep/a.mjs', true],
    ['**', 'anything/at.all', true],
    ['*.{mjs,json}', 'a.json', true],
    ['*.{mjs,json}', 'a.yaml', false],
    ['a,b', 'a,b', true],
    ['file?.txt', 'file1.txt', true],
    ['file?.txt', 'file/.txt', false],
    ['a+(b).[c]', 'a+(b).[c]', true],
    ['*.mjs', 'axmjs', false],
  ])('%s on %s: %s', (glob, path, matches) => {
    expect(globToRegExp(glob).test(path)).toBe(matches);
  });
});
