import fc from 'fast-check';
import { compileGlob } from './glob.js';

describe('compileGlob', () => {
  it.each<[string, string[], string[]]>([
    ['*.fits', ['a.fits', 'science/deep/a.fits', '.fits'], ['a.fits.gz', 'a.fit']],
    ['science/*.fits', ['science/a.fits'], ['a.fits', 'science/deep/a.fits', 'x/science/a.fits']],
    ['science/**', ['science/a', 'science/deep/a.fits'], ['a', 'x/science/a']],
    ['**/map_?.fits', ['map_1.fits', 'a/b/map_x.fits'], ['map_.fits', 'map_12.fits', 'a/map_/.fits']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/b/c', 'b']],
    ['*.{png,svg}', ['plots/a.png', 'b.svg'], ['a.pdf', 'a.{png,svg}']],
    ['{qa,plots}/*.{png,json}', ['qa/a.json', 'plots/a.png'], ['qa/a.pdf', 'logs/a.png']],
    ['**', ['a', 'a/b/c'], []],
    ['a.b', ['a.b', 'x/a.b'], ['axb']],
    ['[ab]', ['[ab]'], ['a', 'b']],
    ['file (1)+$.txt', ['file (1)+$.txt'], ['file 1.txt']],
    ['größe?.fits', ['größe😀.fits'], ['größe.fits']],
    ['broken{a', ['broken{a'], ['brokena']],
  ])('%s', (pattern, matching, others) => {
    const matches = compileGlob(pattern);

    expect({ matching: matching.filter(matches), others: others.filter(matches) }).toEqual({
      matching,
      others: [],
    });
  });

  it('matches every path literally when it holds no wildcard', () => {
    const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[*?{}/]/.test(text));

    fc.assert(
      fc.property(name, name, (one, other) => {
        expect([compileGlob(one)(one), compileGlob(one)(other), compileGlob(`d/${one}`)(`d/${one}`)]).toEqual(
          [true, one === other, true],
        );
      }),
    );
  });

  it('does not explode on a hostile pattern', () => {
    const hostile = `${'*a'.repeat(200)}b`;
    const braces = '{a,b}'.repeat(100);

    expect(compileGlob(hostile)('a'.repeat(4000))).toBe(false);
    expect(compileGlob('**/'.repeat(100) + 'b')(`${'a/'.repeat(2000)}a`)).toBe(false);
    expect(compileGlob(braces)('ab')).toBe(false);
  });
});
