import * as fc from 'fast-check';
import { compileGlob } from './glob.js';
import { globRegex } from './glob-regex.js';

const piece = fc.constantFrom('a', 'b', '.', '*', '?', '{a,b}', '{a*,.c}', '(', '$', 'ü');
const segment = fc.oneof(
  fc.constant('**'),
  fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
);
// A trailing ** after a folder is left out: as paths are of files, it always stands for at least one segment there.
const glob = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .filter((parts) => parts.length === 1 || parts.at(-1) !== '**')
  .map((parts) => parts.join('/'));
const name = fc
  .array(fc.constantFrom('a', 'b', '.', 'c', '(', '$', 'ü'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

describe('globRegex', () => {
  it('matches the same paths as compileGlob', () => {
    fc.assert(
      fc.property(glob, path, (pattern, file) => {
        expect([pattern, file, new RegExp(globRegex(pattern), 'u').test(file)]).toEqual([
          pattern,
          file,
          compileGlob(pattern)(file),
        ]);
      }),
      { numRuns: 20_000 },
    );
  });

  it('lets ** at the end of a folder stand for everything below it', () => {
    const pattern = new RegExp(globRegex('science/**'));

    expect(['science/a.fits', 'science/b/c.fits', 'plots/a.png'].map((file) => pattern.test(file))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
