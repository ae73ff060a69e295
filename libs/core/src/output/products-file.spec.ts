import fc from 'fast-check';
import { parseProductsFile } from './products-file.js';
import { isSafeRelativePath } from './safe-path.js';

const MAP = {
  path: 'science/map.fits',
  type: 'SCIENCE',
  dims: { band: 'a', n: 1, blank: null },
  metrics: { snr: 5 },
  description: 'the map',
};
const READ = {
  path: 'science/map.fits',
  type: 'SCIENCE',
  dims: { band: 'a', n: 1, blank: null },
  metrics: [{ name: 'snr', value: 5, unit: '' }],
  description: 'the map',
};

const parse = (document: unknown) => {
  const { products, problems } = parseProductsFile(JSON.stringify(document));
  return { products: [...products.values()], problems };
};

describe('parseProductsFile', () => {
  it.each<[string, unknown]>([
    ['a list under products', { contract_version: 1, products: [MAP] }],
    ['a bare list', [MAP]],
    ['an object by path', { 'science/map.fits': { ...MAP, path: undefined } }],
    ['a path that begins with a dot', [{ ...MAP, path: './science/map.fits' }]],
  ])('reads %s', (_, document) => {
    expect(parse(document)).toEqual({ products: [READ], problems: [] });
  });

  it('needs no more than a path', () => {
    expect(parse([{ path: 'a' }])).toEqual({
      products: [{ path: 'a', dims: {}, metrics: [], description: '' }],
      problems: [],
    });
  });

  it.each(['../a', '/etc/passwd', 'a/../../b', 'a//b', '', '.', 'a/', 'a\0b', 'a/./b'])(
    'refuses the path %j',
    (path) => {
      expect(parse([{ path }])).toEqual({
        products: [],
        problems: [expect.stringContaining('not a path inside the output directory')],
      });
    },
  );

  it.each<[string, object, string]>([
    ['a type that does not exist', { type: 'MAP' }, 'the type of a is not one of'],
    ['dims that are a list', { dims: ['x'] }, 'the dims of a are not names with plain values'],
    ['dims that nest', { dims: { a: { b: 1 } } }, 'the dims of a are not names with plain values'],
    [
      'a dimension that cannot be stored',
      { dims: { a: 'x\0y' } },
      'the dims of a are not names with plain values',
    ],
    ['a metric that is a text', { metrics: { snr: '5' } }, 'snr is not a finite number'],
  ])('refuses %s', (_, member, problem) => {
    expect(parse([{ path: 'a', ...member }]).problems).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses the same file twice', () => {
    expect(parse([{ path: 'a' }, { path: './a' }]).problems).toEqual(['products.json names a twice']);
  });

  it('cannot be used to reach into objects', () => {
    const { products, problems } = parseProductsFile(
      '{"__proto__": {"type": "SCIENCE"}, "a": {"dims": {"__proto__": 1}}}',
    );

    expect([[...products.keys()], problems]).toEqual([['__proto__', 'a'], []]);
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });

  it.each(['', '[', '3', 'null', '{"products": 3}'])('is a problem when the file is %j', (text) => {
    expect(parseProductsFile(text).problems).toHaveLength(1);
  });

  it('gives safe paths and plain dims for any JSON and any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        for (const [path, product] of parseProductsFile(text).products) {
          expect([path, isSafeRelativePath(path)]).toEqual([product.path, true]);
        }
      }),
    );
  });
});
