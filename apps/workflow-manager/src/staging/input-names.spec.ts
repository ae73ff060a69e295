import fc from 'fast-check';
import { inputNames } from './input-names.js';

const names = (...list: string[]): string[] => [
  ...inputNames(list.map((name, index) => ({ itemId: index + 1, name }))).values(),
];

describe('inputNames', () => {
  it.each([
    ['m17_a.fits', 'm17_a.fits'],
    ['two words.fits.gz', 'two_words.1.fits.gz'],
    ['../../etc/passwd', 'etc_passwd.1'],
    ['-rf', 'rf.1'],
    ['.hidden', 'hidden.1'],
    ['$(touch x)\n', 'touch_x_.1'],
    ['ß', 'input.1'],
    ['', 'input.1'],
  ])('%j becomes %j', (name, expected) => {
    expect(names(name)).toEqual([expected]);
  });

  it('two inputs of the same name both carry their ids, whatever their case', () => {
    expect([
      ...inputNames([
        { itemId: 3, name: 'a.fits' },
        { itemId: 8, name: 'A.fits' },
        { itemId: 9, name: 'b.fits' },
      ]),
    ]).toEqual([
      [9, 'b.fits'],
      [3, 'a.3.fits'],
      [8, 'A.8.fits'],
    ]);
  });

  it('a name that something else in the folder has is not taken, whatever its case', () => {
    const items = [
      { itemId: 3, name: 'Dark' },
      { itemId: 4, name: 'dark.4' },
    ];
    expect([...inputNames(items, ['dark', 'dark.3']).values()].sort()).toEqual(['Dark.3.1', 'dark.4']);
  });

  it('a made-up name never takes the name of another input', () => {
    expect(new Set(names('a.2.fits', 'a .fits', 'a.fits', 'a.fits')).size).toBe(4);
  });

  it('every set of names becomes as many different, safe names', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a', 'A', 'a.fits', 'a.1.fits', 'a.2.fits', 'a b', '..', '/'),
      fc.string({ minLength: 150, maxLength: 400 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (list) => {
        const given = names(...list);
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(list.length);
        for (const name of given) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._+=@,~-]{0,239}$/);
      }),
      { numRuns: 500 },
    );
  });
});
