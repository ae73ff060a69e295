import fc from 'fast-check';
import { parseByteRange, type ByteRange } from './byte-range.js';

describe('parseByteRange', () => {
  it.each<[string | undefined, number, ByteRange]>([
    [undefined, 10, { kind: 'whole' }],
    ['bytes=0-0', 10, { kind: 'part', first: 0, last: 0 }],
    ['bytes=2-5', 10, { kind: 'part', first: 2, last: 5 }],
    ['bytes=2-', 10, { kind: 'part', first: 2, last: 9 }],
    ['bytes=-3', 10, { kind: 'part', first: 7, last: 9 }],
    ['bytes=-30', 10, { kind: 'part', first: 0, last: 9 }],
    ['bytes=0-', 0, { kind: 'unsatisfiable' }],
    ['bytes=10-12', 10, { kind: 'unsatisfiable' }],
    ['bytes=5-2', 10, { kind: 'whole' }],
    ['bytes=-', 10, { kind: 'whole' }],
    ['bytes=0-1,2-3', 10, { kind: 'whole' }],
    ['pages=1-2', 10, { kind: 'whole' }],
  ])('%s of %i bytes', (header, size, range) => {
    expect(parseByteRange(header, size)).toEqual(range);
  });

  it('never names a byte that is not there', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.string({ maxLength: 17 }), fc.string({ maxLength: 17 })).map(([a, b]) => `bytes=${a}-${b}`),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
    );
    fc.assert(
      fc.property(text, fc.nat(1000), (header, size) => {
        const range = parseByteRange(header, size);
        if (range.kind === 'part')
          expect(0 <= range.first && range.first <= range.last && range.last < size).toBe(true);
      }),
    );
  });
});
