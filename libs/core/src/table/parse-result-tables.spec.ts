import { DocumentReader } from '../definition/document-reader.js';
import type { Problem } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { parseResultTables } from './parse-result-tables.js';

const parse = (tables: Json) => {
  const problems: Problem[] = [];
  const parsed = parseResultTables(DocumentReader.of({ tables }, '', ['tables'], problems));
  return { parsed, problems: problems.map(({ code, path, message }) => `${code} ${path}: ${message}`) };
};
const flux = { name: 'flux', type: 'float64' };
const sources = { name: 'sources', columns: [flux] };

describe('the tables of a software version', () => {
  it('are read with every default', () => {
    const flags = { name: 'flags', type: 'flags', bits: [{ bit: 3, name: 'hot' }] };
    expect(parse([{ ...sources, columns: [flux, flags] }])).toEqual({
      problems: [],
      parsed: [
        {
          ...{ name: 'sources', description: '', rows_of: 'item', key: [] },
          columns: [
            { ...flux, unit: '', description: '', section: '', nullable: true, bits: [] },
            {
              ...{ ...flags, unit: '', description: '', section: '', nullable: false },
              bits: [{ bit: 3, name: 'hot', description: '' }],
            },
          ],
        },
      ],
    });
  });

  it('may be inputs of later steps, which is written down only where it is so', () => {
    const [offered, other] = parse([
      { ...sources, as_input: true },
      { ...sources, name: 'others', as_input: false },
    ]).parsed;
    expect([offered?.as_input, other === undefined ? [] : Object.keys(other)]).toEqual([
      true,
      ['name', 'description', 'rows_of', 'key', 'columns'],
    ]);
    expect(parse([{ ...sources, as_input: 'yes' }]).problems).toHaveLength(1);
  });

  it.each<[string, Json, string]>([
    [
      'a column that is Meridian’s own',
      [{ ...sources, columns: [{ ...flux, name: 'run_id' }] }],
      'table.reserved_name /tables/0/columns/0/name',
    ],
    [
      'a name that is no identifier',
      [{ ...sources, name: 'x"; DROP TABLE run; --' }],
      'definition.value /tables/0/name',
    ],
    ['the name of the outcomes', [{ ...sources, name: 'outcomes' }], 'table.reserved_name /tables/0/name'],
    ['two of one name', [sources, sources], 'table.twice /tables/1/name'],
    [
      'two columns of one name',
      [{ ...sources, columns: [flux, flux] }],
      'table.twice /tables/0/columns/1/name',
    ],
    ['no columns', [{ name: 'empty' }], 'table.no_columns /tables/0/columns'],
    ['a key that is no column', [{ ...sources, key: ['id'] }], 'table.unknown_column /tables/0/key/0'],
    [
      'a key that is inexact',
      [{ ...sources, columns: [{ ...flux, nullable: false }], key: ['flux'] }],
      'table.inexact_key /tables/0/key/0',
    ],
    [
      'a key that may be null',
      [{ ...sources, columns: [{ name: 'id', type: 'int32' }], key: ['id'] }],
      'table.nullable_key /tables/0/key/0',
    ],
    [
      'flags without bits',
      [{ ...sources, columns: [{ name: 'f', type: 'flags' }] }],
      'definition.required /tables/0/columns/0/bits',
    ],
    [
      'bits of a number',
      [{ ...sources, columns: [{ ...flux, bits: [{ bit: 0, name: 'a' }] }] }],
      'table.no_flags /tables/0/columns/0/bits',
    ],
    [
      'a bit twice',
      [
        {
          ...sources,
          columns: [
            {
              name: 'f',
              type: 'flags',
              bits: [
                { bit: 1, name: 'a' },
                { bit: 1, name: 'b' },
              ],
            },
          ],
        },
      ],
      'table.twice /tables/0/columns/0/bits/1',
    ],
    [
      'a bit beyond 30',
      [{ ...sources, columns: [{ name: 'f', type: 'flags', bits: [{ bit: 31, name: 'a' }] }] }],
      'definition.type /tables/0/columns/0/bits/0/bit',
    ],
    [
      'a unit that FITS cannot hold',
      [{ ...sources, columns: [{ ...flux, unit: 'µJy' }] }],
      'definition.value /tables/0/columns/0/unit',
    ],
    ['an unknown key', [{ ...sources, colums: [] }], 'definition.unknown_key /tables/0/colums'],
  ])('may not have %s', (_, tables, problem) => {
    expect(parse(tables).problems).toEqual([expect.stringContaining(problem)]);
  });
});
