import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCard, parseCard } from './fits-card.mjs';
import { FITS_BLOCK, FitsHeader, parseHeader } from './fits-header.mjs';

const card = (line) => parseCard(line.padEnd(80));
const reread = (header) => parseHeader(header.toBlocks());

test('a card has the value its text means', () => {
  const table = [
    ['NAXIS   =                    2 / axes', 2],
    ['CRVAL1  =          274.998757D0', 274.998757],
    ['BZERO   =  3.2768E+04', 32768],
    ['SIMPLE  =                    T', true],
    ['FLAG    =                    F /no', false],
    ["OBJECT  = 'Barnard''s star  '   / with '' and /", "Barnard's star"],
    ["EMPTY   = ''", ''],
    ["SLASH   = 'a/b'", 'a/b'],
    ['UNDEF   =                      / nothing', null],
    ['COMMENT  = not a value', null],
    ['HIERARCH ESO DET WIN1 BINX = 2 / binning', 2],
    ['COMPLEX = (1.0, 2.0)', '(1.0, 2.0)'],
    ["OPEN    = 'no closing quote", 'no closing quote'],
  ];
  assert.deepEqual(
    table.map(([line]) => card(line).value),
    table.map(([, value]) => value),
  );
});

test('HIERARCH cards are found by their long keyword', () => {
  const header = new FitsHeader([card('HIERARCH ESO DET WIN1 BINX = 2 / binning')]);
  assert.equal(header.get('ESO DET WIN1 BINX'), 2);
});

test('CONTINUE lines are one string', () => {
  const lines = [
    "LONGSTR = 'first part, &'",
    "CONTINUE  'second ''part'', &'  / remark",
    "CONTINUE  'third'",
    'END',
  ].map((line) => line.padEnd(80));
  const header = parseHeader(Buffer.from(lines.join('').padEnd(FITS_BLOCK), 'latin1'));
  assert.equal(header.get('LONGSTR'), "first part, second 'part', third");
  assert.equal(header.cards.length, 1);
});

test('an ampersand without CONTINUE stays in the string', () => {
  const lines = ["AUTHORS = 'Smith &'", 'END'].map((line) => line.padEnd(80));
  assert.equal(
    parseHeader(Buffer.from(lines.join('').padEnd(FITS_BLOCK), 'latin1')).get('AUTHORS'),
    'Smith &',
  );
});

test('values of every kind survive writing and reading', () => {
  const long = `it's ${"'quoted' and long ".repeat(12)}`.trim();
  const values = {
    INT: -42,
    FLOAT: 1.5e-12,
    LARGE: 1e21,
    YES: true,
    NO: false,
    TEXT: "d'Arrest",
    LONG: long,
    NULL: null,
    'ESO TEL NAME': 'UT1',
  };
  const header = new FitsHeader();
  for (const [keyword, value] of Object.entries(values)) header.set(keyword, value, 'comment');
  const back = reread(header);
  assert.deepEqual(
    Object.fromEntries(Object.keys(values).map((keyword) => [keyword, back.get(keyword)])),
    values,
  );
});

test('every written line has 80 characters and every header whole blocks', () => {
  const header = new FitsHeader().set('LONG', 'x'.repeat(500), 'remark').set('ESO A B C', "o'o".repeat(60));
  assert.ok(header.cards.flatMap(({ lines }) => lines).every((line) => line.length === 80));
  assert.equal(header.toBlocks().length % FITS_BLOCK, 0);
});

test('untouched cards are written back byte for byte', () => {
  const original = [
    'CRPIX1  =                256.5 /   Axis 1 Reference Pixel',
    "PIXNAM  = 'nl.pixphot - v 011003s'",
    'HISTORY > Image Created by pixphot',
    'END',
  ]
    .map((line) => line.padEnd(80))
    .join('')
    .padEnd(FITS_BLOCK);
  assert.equal(parseHeader(Buffer.from(original, 'latin1')).toBlocks().toString('latin1'), original);
});

test('text beyond ASCII cannot make a header invalid', () => {
  assert.match(makeCard('OBSERVER', 'Ångström', '1 µm').lines[0], /^OBSERVER= '\?ngstr\?m' +\/ 1 \?m/);
});

test('infinity is refused rather than written', () => {
  assert.throws(() => makeCard('VALUE', Infinity), RangeError);
});

test('quoted numbers count as numbers, words and blanks do not', () => {
  const header = new FitsHeader().set('A', '12.5').set('B', 'NaN').set('C', ' ').set('D', true);
  assert.deepEqual(
    ['A', 'B', 'C', 'D', 'E'].map((keyword) => header.number(keyword)),
    [12.5, undefined, undefined, undefined, undefined],
  );
});

test('an extension inherits only what it does not say itself', () => {
  const primary = new FitsHeader().set('SIMPLE', true).set('EXPTIME', 10).set('FILTER', 'V');
  const merged = new FitsHeader().set('FILTER', 'R').inherit(primary);
  assert.deepEqual(
    ['FILTER', 'EXPTIME', 'SIMPLE'].map((keyword) => merged.get(keyword)),
    ['R', 10, undefined],
  );
});
