import { checkTableHistory } from './check-table-history.js';
import type { ResultColumn, ResultTable } from './result-table.js';

const column = (name: string, change: Partial<ResultColumn> = {}): ResultColumn => ({
  ...{ name, type: 'int32', unit: '', description: '', section: '', nullable: false, bits: [] },
  ...change,
});
const sources: ResultTable = {
  ...{ name: 'sources', description: '', rows_of: 'item', key: ['id'] },
  columns: [
    column('id'),
    column('flags', { type: 'flags', bits: [{ bit: 0, name: 'hot', description: '' }] }),
  ],
};
const codes = (table: ResultTable, earlier: readonly ResultTable[] = [sources]): string[] =>
  checkTableHistory(
    [table],
    earlier.map((one) => [one]),
  ).map(({ code, path }) => `${code} ${path}`);

describe('a table of a further version', () => {
  it('may have other columns, units, descriptions and bits', () => {
    const columns = [
      column('id', { unit: 'ct', description: 'x', nullable: true }),
      column('flux', { type: 'float64' }),
      column('flags', { type: 'flags', bits: [{ bit: 1, name: 'cold', description: '' }] }),
    ];
    expect(codes({ ...sources, description: 'other', columns })).toEqual([]);
    expect(codes({ ...sources, name: 'others', key: [], rows_of: 'sub_group' })).toEqual([]);
    expect(codes(sources, [])).toEqual([]);
  });

  it.each<[string, Partial<ResultTable>, string]>([
    ['rows of something else', { rows_of: 'sub_group' }, 'table.rows_changed /0/rows_of'],
    ['another key', { key: [] }, 'table.key_changed /0/key'],
    ['another type', { columns: [column('id', { type: 'int64' })] }, 'table.type_changed /0/columns/0/type'],
    [
      'another meaning of a bit',
      { columns: [column('flags', { type: 'flags', bits: [{ bit: 0, name: 'cold', description: '' }] })] },
      'table.bit_changed /0/columns/0/bits',
    ],
  ])('may not have %s', (_, change, problem) => {
    expect(codes({ ...sources, ...change })).toEqual([problem]);
  });
});
