import { paddingOf, rowLength, tableHeader, writeRow, type TableField } from './binary-table.js';
import { dataLength, parseHeader, unitOf } from './fits-header.js';

const field = (name: string, type: TableField['type'], change: Partial<TableField> = {}): TableField => ({
  ...{ name, type, unit: '', description: '', section: '', bits: [], width: 1 },
  ...change,
});
const FIELDS = [
  field('ok', 'boolean'),
  field('small', 'int16', { section: 'Counts' }),
  field('whole', 'int32', { unit: 'ct', description: 'counts' }),
  field('large', 'int64'),
  field('half', 'float32', { section: 'Fluxes' }),
  field('flux', 'float64', { unit: 'Jy' }),
  field('name', 'text', { width: 6 }),
  field('at', 'timestamp'),
  field('flags', 'flags', { bits: [{ bit: 3, name: 'hot', description: 'too warm' }] }),
];
const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const header = (rows: number): Uint8Array =>
  tableHeader({ name: 'sources', fields: FIELDS, rows, cards: [], checksum: '0'.repeat(16), dataSum: rows });

describe('a binary table', () => {
  it('has a header that says what its columns are, in whole blocks', () => {
    const bytes = header(1000);
    expect(bytes.length % 2880).toBe(0);
    const parsed = parseHeader(bytes);
    expect(unitOf(parsed)).toMatchObject({ name: 'sources', kind: 'table', shape: [63, 1000] });
    expect(dataLength(parsed)).toBe(63_000 + paddingOf(63_000));
    expect(Object.fromEntries(parsed)).toMatchObject({
      ...{ TFIELDS: 9, TTYPE3: 'whole', TFORM3: 'J', TUNIT3: 'ct', TCOMM3: 'counts', TNULL3: -(2 ** 31) },
      ...{ TNULL4: -(2n ** 63n), TFORM7: '6A', TFORM8: '26A' },
    });
    expect(asText(bytes)).toContain('COMMENT --- Fluxes ---');
    expect(asText(bytes)).toContain('COMMENT flags: bit 3 (8) is hot: too warm');
  });

  it('says that it has texts over several cards, and only then: fitsverify wants to be told', () => {
    const convention = /LONGSTRN= 'OGIP 1\.0'/;
    const long = [field('flux', 'float64', { description: 'and so on '.repeat(9) })];
    const bytes = tableHeader({ name: 't', fields: long, rows: 0, cards: [], checksum: '', dataSum: 0 });
    expect(asText(bytes)).toMatch(convention);
    expect(asText(bytes).indexOf('LONGSTRN')).toBeLessThan(asText(bytes).indexOf('CONTINUE'));
    expect(asText(header(1))).not.toMatch(convention);
  });

  it('has a header as long for no rows as for many', () => {
    expect(header(0).length).toBe(header(123_456_789).length);
  });

  it('holds its values big-endian, and its nulls', () => {
    const row = new DataView(new ArrayBuffer(2 * rowLength(FIELDS)));
    const values = [true, -2, 3, '9007199254740993', 0.5, -1.25, 'Zoë', '2026-05-01T10:00:00.500000Z', 8];
    const next = writeRow(FIELDS, values, row, 0);
    expect(
      writeRow(
        FIELDS,
        FIELDS.map(() => null),
        row,
        next,
      ),
    ).toBe(2 * 63);

    expect(row.getUint8(0)).toBe('T'.charCodeAt(0));
    expect([row.getInt16(1), row.getInt32(3), row.getBigInt64(7)]).toEqual([-2, 3, 9007199254740993n]);
    expect([row.getFloat32(15), row.getFloat64(19)]).toEqual([0.5, -1.25]);
    const text = (at: number, length: number) => asText(new Uint8Array(row.buffer, at, length));
    expect([text(27, 6), text(33, 26)]).toEqual(['Zo??\0\0', '2026-05-01T10:00:00.500000']);
    expect(row.getInt32(59)).toBe(8);

    expect([row.getUint8(63), row.getInt16(64), row.getInt32(66)]).toEqual([0, -(2 ** 15), -(2 ** 31)]);
    expect([row.getBigInt64(70), row.getFloat32(78), row.getFloat64(82)]).toEqual([-(2n ** 63n), NaN, NaN]);
    expect([text(90, 6), row.getInt32(122)]).toEqual(['\0'.repeat(6), 0]);
  });
});
