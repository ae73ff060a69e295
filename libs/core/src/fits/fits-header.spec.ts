import fc from 'fast-check';
import { BLOCK_LENGTH } from './fits-card.js';
import { dataLength, headerEnd, isFits, parseHeader } from './fits-header.js';

const cards = (...lines: readonly string[]): Buffer => {
  const text = [...lines, 'END'].map((line) => line.padEnd(80)).join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / BLOCK_LENGTH) * BLOCK_LENGTH), 'latin1');
};

describe('a FITS header', () => {
  it('gives its values with their types', () => {
    const header = parseHeader(
      cards(
        'SIMPLE  =                    T',
        'BITPIX  =                  -32 / bits',
        "OBJECT  = 'Barnard''s star  '   / who",
        "EMPTY   = '        '",
        'CRVAL1  =           274.998757 /   RA',
        'SMALL   =              1.5D-03',
        'COMMENT = not a value',
        'HISTORY written by hand',
        'BITPIX  =                   16',
      ),
    );

    expect(Object.fromEntries(header)).toEqual({
      SIMPLE: true,
      BITPIX: -32,
      OBJECT: "Barnard's star",
      EMPTY: '',
      CRVAL1: 274.998757,
      SMALL: 0.0015,
    });
  });

  it('leaves out cards that cannot be read', () => {
    expect(
      Object.fromEntries(parseHeader(cards("BAD     = 'no end", 'WORSE   = 1.2.3', 'GOOD    = 7'))),
    ).toEqual({ GOOD: 7 });
  });

  it('ends with the block that holds END', () => {
    const header = cards(...Array.from({ length: 40 }, (_, index) => `KEY${index}    = ${index}`));

    expect(headerEnd(header, 0)).toBe(2 * BLOCK_LENGTH);
    expect(headerEnd(header.subarray(0, BLOCK_LENGTH), 0)).toBeNull();
  });

  it.each([
    [['NAXIS   = 0'], 0],
    [['BITPIX  = -32', 'NAXIS   = 2', 'NAXIS1  = 100', 'NAXIS2  = 10'], 2 * BLOCK_LENGTH],
    [['BITPIX  = 8', 'NAXIS   = 2', 'NAXIS1  = 20', 'NAXIS2  = 3', 'PCOUNT  = 3000'], 2 * BLOCK_LENGTH],
    [
      [
        'BITPIX  = 16',
        'NAXIS   = 2',
        'NAXIS1  = 0',
        'NAXIS2  = 4',
        'GROUPS  = T',
        'GCOUNT  = 500',
        'PCOUNT  = 2',
      ],
      3 * BLOCK_LENGTH,
    ],
  ])('says with %j that %d bytes of data follow', (lines, length) => {
    expect(dataLength(parseHeader(cards(...lines)))).toBe(length);
  });

  it('is recognised by its first card', () => {
    expect(isFits(cards('SIMPLE  =                    T'))).toBe(true);
    expect(isFits(Buffer.from('<!doctype html>'))).toBe(false);
    expect(isFits(Buffer.alloc(0))).toBe(false);
  });

  it('never fails on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 800 }), (bytes) => {
        parseHeader(bytes);
        headerEnd(bytes, 0);
      }),
    );
  });
});
