import fc from 'fast-check';
import { attachment, contentTypeOf } from './content-type.js';

describe('contentTypeOf', () => {
  it.each([
    ['science/map.fits', 'application/fits'],
    ['plots/A.PNG', 'image/png'],
    ['metrics.json', 'application/json'],
    ['report.html', 'application/octet-stream'],
    ['no-extension', 'application/octet-stream'],
    ['x.constructor', 'application/octet-stream'],
  ])('%s is %s', (path, type) => {
    expect(contentTypeOf(path)).toBe(type);
  });
});

describe('attachment', () => {
  it('is a header of visible ASCII that ends where it should, whatever the name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((name) => !/\p{Surrogate}/u.test(name)),
        (name) => {
          const header = attachment(name);
          expect(header).toMatch(
            /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[A-Za-z0-9%!.~_-]*$/,
          );
          expect(decodeURIComponent(header.slice(header.indexOf("UTF-8''") + 7))).toBe(name);
          expect(header.split('"')).toHaveLength(3);
        },
      ),
    );
  });
});
