import { rowsOfCsv } from './source-table.js';

describe('rowsOfCsv', () => {
  it.each([
    ['', []],
    ['a,b\n', []],
    [
      'a,b\n1,\n,2\n',
      [
        { a: '1', b: '' },
        { a: '', b: '2' },
      ],
    ],
    ['a,b\r\n"x, ""y""\nz",2', [{ a: 'x, "y"\nz', b: '2' }]],
  ])('%j', (text, rows) => {
    expect(rowsOfCsv(text)).toEqual(rows);
  });
});
