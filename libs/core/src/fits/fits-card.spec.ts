import { Random } from '../testing/random.js';
import { formatCards, parseCard, parseCards, type FitsCard } from './fits-card.js';

const card = (text: string): string => text.padEnd(80);

describe('a card of a FITS header', () => {
  it.each([
    ["OBJECT  = 'Barnard''s star  '   / who", 'OBJECT', "Barnard's star", 'who'],
    ["EMPTY   = '        '", 'EMPTY', '', ''],
    ['BITPIX  =                  -32 / bits', 'BITPIX', -32, 'bits'],
    ['SMALL   =              1.5D-03', 'SMALL', 0.0015, ''],
    ['LARGE   =  9223372036854775807', 'LARGE', 9223372036854775807n, ''],
    ['FLAG    =                    F / no', 'FLAG', false, 'no'],
    ['HIERARCH ESO TEL AIRM START = 1.25 / airmass', 'ESO TEL AIRM START', 1.25, 'airmass'],
    ['UNDEF   =                      / nothing', 'UNDEF', undefined, 'nothing'],
    ["BAD     = 'no end", 'BAD', undefined, ''],
    ['WORSE   = 1.2.3', 'WORSE', undefined, ''],
    ['COMMENT = not a value', 'COMMENT', undefined, '= not a value'],
  ])('%s', (text, keyword, value, comment) => {
    expect(parseCard(card(text))).toEqual({ keyword, value, comment });
  });

  it('is read back as it was written, however long its text and wherever its quotes', () => {
    const random = new Random(8);
    const letters = "abc '&/=";
    for (let round = 0; round < 2000; round += 1) {
      const text = Array.from({ length: random.whole(0, 300) }, () => random.pick([...letters]))
        .join('')
        .trimEnd();
      const written = formatCards({ keyword: 'LONG', value: text, comment: '' });
      expect(written.every((one) => one.length === 80)).toBe(true);
      // A text that ends with & and is not continued is what it says.
      expect(parseCards([...written, card('END')])[0]?.value).toBe(text);
    }
  });

  it.each<[FitsCard, string]>([
    [{ keyword: 'NAXIS1', value: 7, comment: 'bytes' }, 'NAXIS1  =                    7 / bytes'],
    [{ keyword: 'X', value: 1e25, comment: '' }, 'X       =                1E+25'],
    [{ keyword: 'X', value: 0.5, comment: '' }, 'X       =                  0.5'],
    [{ keyword: 'X', value: -(2n ** 63n), comment: '' }, 'X       = -9223372036854775808'],
    [{ keyword: 'T', value: 'µm', comment: '' }, "T       = '?m      '"],
    [{ keyword: 'COMMENT', value: undefined, comment: 'some words' }, 'COMMENT some words'],
  ])('%j is written as %s', (one, text) => {
    expect(formatCards(one)).toEqual([card(text)]);
  });

  it('breaks a long comment between words', () => {
    const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
    const cards = formatCards({ keyword: 'COMMENT', value: undefined, comment: words });
    expect(cards.map((one) => one.slice(8).trim()).join(' ')).toBe(words);
  });
});
