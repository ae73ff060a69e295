import { Random } from '../testing/random.js';
import { knownItems } from './known-items.js';
import { readRow } from './read-row.js';
import type { ResultColumnType, ResultColumn, ResultTable } from './result-table.js';

const column = (name: string, type: ResultColumnType, change: Partial<ResultColumn> = {}): ResultColumn => ({
  ...{ name, type, unit: '', description: '', section: '', nullable: true, bits: [] },
  ...change,
});
const FLAGS = column('flags', 'flags', {
  nullable: false,
  bits: [
    { bit: 0, name: 'saturated', description: '' },
    { bit: 30, name: 'blended', description: '' },
  ],
});
const aTable = (...columns: ResultColumn[]): ResultTable => ({
  ...{ name: 'sources', description: '', rows_of: 'item', key: [] },
  columns,
});
const ITEMS = knownItems([
  { id: 7, name: 'a.fits' },
  { id: 8, name: 'same.fits' },
  { id: 9, name: 'same.fits' },
]);
const read = (table: ResultTable, row: unknown) =>
  readRow(table, typeof row === 'string' ? row : JSON.stringify(row), ITEMS);

describe('readRow', () => {
  const ACCEPTED: [ResultColumnType, unknown, unknown][] = [
    ['boolean', true, true],
    ['int16', -32767, -32767],
    ['int32', 2147483647, 2147483647],
    ['int64', 9007199254740991, 9007199254740991],
    ['int64', '-9223372036854775807', '-9223372036854775807'],
    ['int64', '007', '7'],
    ['float32', 3.4e38, 3.4e38],
    ['float64', -1.5e300, -1.5e300],
    ['text', "quote ' \u{1F52D}", "quote ' \u{1F52D}"],
    ['timestamp', '2026-05-01 12:00:00.5+02:00', '2026-05-01T10:00:00.500000Z'],
    ['flags', ['saturated', 'blended'], 2 ** 30 + 1],
    ['flags', 1, 1],
  ];
  it.each(ACCEPTED)('takes for %s the value %j', (type, given, value) => {
    const table = aTable(type === 'flags' ? FLAGS : column('x', type));
    const name = type === 'flags' ? 'flags' : 'x';
    expect(read(table, { item: 7, [name]: given })).toEqual({
      ok: true,
      row: { itemId: 7, values: [value], isFlagged: type === 'flags' },
    });
  });

  const REFUSED: [ResultColumnType, unknown, string][] = [
    ['boolean', 1, 'x is 1, not true or false'],
    ['int16', -32768, 'x is -32768, not a whole number of 16 bits'],
    ['int16', 32768, 'x is 32768, not a whole number of 16 bits'],
    ['int32', 1.5, 'x is 1.5, not a whole number of 32 bits'],
    ['int64', 9007199254740992, 'not a whole number of 64 bits'],
    ['int64', '9223372036854775808', 'not a whole number of 64 bits'],
    ['float32', 1e39, 'x is 1e+39, not a number that fits 32 bits'],
    ['float64', '1', 'x is "1", not a number'],
    ['text', 'a\u0000b', 'not a text without NUL'],
    ['text', '\ud800', 'not a text without NUL'],
    ['timestamp', '2026-02-30T00:00:00Z', 'not a time in ISO 8601'],
    ['flags', 2, 'flags is 2, which sets bits that it has not'],
    ['flags', 2 ** 31, 'flags is 2147483648, not a set of its bits'],
    ['flags', ['hot'], 'flags names the flag "hot", which it has not'],
  ];
  it.each(REFUSED)('refuses for %s the value %j', (type, given, reason) => {
    const table = aTable(type === 'flags' ? FLAGS : column('x', type));
    const name = type === 'flags' ? 'flags' : 'x';
    expect(read(table, { item: 7, [name]: given })).toEqual({
      ok: false,
      itemId: 7,
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('finds an item by its name where only one has it', () => {
    const table = aTable(column('x', 'int32'));
    expect(read(table, { item: 'a.fits', x: 1 })).toMatchObject({ ok: true, row: { itemId: 7 } });
    expect(read(table, { item: 'same.fits', x: 1 })).toMatchObject({
      ok: false,
      reason: 'names the item "same.fits", which the run was not given',
    });
    expect(read(table, { x: 1 })).toMatchObject({ ok: false, itemId: null, reason: 'names no item' });
  });

  it('takes what is absent, null, or no number to Python as null where that is allowed, and says where it is not', () => {
    const table = aTable(column('x', 'float64'), column('y', 'float64', { nullable: false }), FLAGS);
    expect(read(table, '{"item": 7, "x": NaN, "y": 1}')).toEqual({
      ok: true,
      row: { itemId: 7, values: [null, 1, 0], isFlagged: false },
    });
    expect(read(table, '{"item": 7, "y": -Infinity}')).toMatchObject({ ok: false, reason: 'y is missing' });
  });

  it('names unknown columns, the first reasons of many, and what is no row', () => {
    const table = aTable(column('x', 'int32'));
    expect(read(table, { item: 7, a: 1, b: 1, c: 1, d: 1, e: 1 })).toMatchObject({
      reason: 'has no column "a"; has no column "b"; has no column "c", and 2 more',
    });
    expect(read(table, '[]')).toMatchObject({ ok: false, itemId: null, reason: 'is not an object' });
    expect(read(table, '{"item": 7')).toMatchObject({
      reason: expect.stringContaining('is not JSON') as string,
    });
  });

  it('takes rows of sub-groups without an item, and only so', () => {
    const table: ResultTable = { ...aTable(column('x', 'int32')), rows_of: 'sub_group' };
    expect(read(table, { x: 1 })).toEqual({ ok: true, row: { itemId: null, values: [1], isFlagged: false } });
    expect(read(table, { item: 7, x: 1 })).toMatchObject({ ok: false });
  });

  it('survives any line', () => {
    const random = new Random(5);
    const table = aTable(column('x', 'int64'), column('t', 'timestamp'), FLAGS);
    const letters = '{}[]":,0129-eE.\\untrfaiemxTZ \u0000\ud800é';
    for (let n = 0; n < 50_000; n += 1) {
      const length = random.whole(0, 40);
      const noise = Array.from({ length }, () => letters[random.whole(0, letters.length - 1)]).join('');
      const line = random.chance(0.5) ? noise : `{"item":7,"x":${noise}}`;
      expect(typeof read(table, line).ok).toBe('boolean');
    }
  });
});
