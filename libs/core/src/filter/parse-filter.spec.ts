import { DomainError } from '../shared/domain-error.js';
import { dependsOnTime, tablesOf } from './filter.js';
import { parseFilter } from './parse-filter.js';

/** `[code, path]` of every problem. */
const problemsOf = (json: unknown): readonly (readonly [string, string])[] => {
  try {
    parseFilter(json);
    return [];
  } catch (error) {
    if (error instanceof DomainError && error.code === 'filter.invalid')
      return error.problems.map(({ code, path }) => [code, path]);
    throw error;
  }
};

const messageFor = (json: unknown): string => {
  try {
    parseFilter(json);
    return '';
  } catch (error) {
    return error instanceof DomainError ? (error.problems[0]?.message ?? '') : String(error);
  }
};

const name = { table: 'Source', column: 'name' };

describe('parseFilter', () => {
  it("reads CCAT's list of rules as one group, with states in the spelling that is stored", () => {
    const filter = parseFilter([
      { ...name, operator: 'eq', value: 'NGC253' },
      { table: 'ObsUnit', column: 'line_id', operator: 'eq', value: 'CO43' },
      { table: 'RawDataPackage', column: 'state', operator: 'eq', value: 'archived' },
      {
        table: 'RawDataPackage',
        column: 'metadata',
        json_path: 'observation.frequency_ghz',
        operator: 'gt',
        value: 400,
      },
    ]);
    expect(filter).toEqual({
      op: 'all',
      of: [
        {
          op: 'eq',
          field: { kind: 'column', table: 'Source', column: 'name', sql: 'source.name', type: 'text' },
          value: 'NGC253',
        },
        {
          op: 'eq',
          field: { kind: 'column', table: 'ObsUnit', column: 'line', sql: 'obs_unit.line', type: 'text' },
          value: 'CO43',
        },
        {
          op: 'eq',
          field: {
            kind: 'column',
            table: 'RawDataPackage',
            column: 'state',
            sql: "(CASE WHEN item.kind = 'RAW_DATA_PACKAGE' THEN item.package_state END)",
            type: 'enum',
          },
          value: 'ARCHIVED',
        },
        {
          op: 'gt',
          field: {
            kind: 'json',
            table: 'RawDataPackage',
            column: 'metadata',
            path: ['observation', 'frequency_ghz'],
            sql: "(CASE WHEN item.kind = 'RAW_DATA_PACKAGE' THEN item.metadata END)",
          },
          value: 400,
        },
      ],
    });
    expect([...tablesOf(filter)]).toEqual(['Source', 'ObsUnit', 'RawDataPackage']);
  });

  it('reads trees, and a rule that stands alone', () => {
    expect(
      parseFilter({
        not: {
          any: [
            { dim: 'band', operator: 'in', value: [3, '6'] },
            [{ operator: 'within_last', value: 'P1DT12H' }],
          ],
        },
      }),
    ).toEqual({
      op: 'not',
      of: {
        op: 'any',
        of: [
          { op: 'in', field: { kind: 'dim', name: 'band' }, values: [3, '6'] },
          {
            op: 'all',
            of: [
              {
                op: 'within_last',
                field: {
                  kind: 'column',
                  table: 'DataItem',
                  column: 'obs_time',
                  sql: 'item.obs_time',
                  type: 'timestamp',
                },
                seconds: 129_600,
              },
            ],
          },
        ],
      },
    });
  });

  it('names every mistake of a filter, not only the first', () => {
    const json = {
      all: [
        { table: 'Sources', column: 'name', operator: 'eq', value: 'M17' },
        { table: 'Source', column: 'nmae', operator: 'equals', value: 'M17' },
        {
          any: [
            { dim: 'a b', operator: 'eq', value: 1 },
            { dim: 'band', operator: 'eq', value: null },
            'M17',
          ],
        },
        { not: { ...name, operator: 'regex', value: '(?=x)' } },
        { ...name, operator: 'eq', value: 'M17', extra: 1 },
        { all: [], any: [] },
      ],
    };
    expect(problemsOf(json)).toEqual([
      ['filter.unknown_table', '/all/0/table'],
      ['filter.unknown_operator', '/all/1/operator'],
      ['filter.unknown_column', '/all/1/column'],
      ['filter.bad_dimension', '/all/2/any/0/dim'],
      ['filter.wrong_value', '/all/2/any/1/value'],
      ['filter.malformed', '/all/2/any/2'],
      ['filter.bad_regex', '/all/3/not/value'],
      ['filter.unknown_key', '/all/4/extra'],
      ['filter.malformed', '/all/5'],
    ]);
  });

  it.each([
    ['a number for a text column', { ...name, operator: 'eq', value: 5 }],
    ['a text for a number column', { table: 'DataItem', column: 'size_bytes', operator: 'gt', value: '5' }],
    ['a word for a boolean', { table: 'Instrument', column: 'available', operator: 'eq', value: 'yes' }],
    [
      'an unknown state',
      { table: 'RawDataPackage', column: 'state', operator: 'in', value: ['archived'], json_path: 'x' },
    ],
    [
      'a date that does not exist',
      { table: 'DataItem', column: 'obs_time', operator: 'lt', value: '2026-02-30' },
    ],
    ['no UUID', { table: 'ExecutedObsUnit', column: 'id', operator: 'eq', value: '6a4bd9b2' }],
    ['an empty list', { dim: 'band', operator: 'in', value: [] }],
    ['a scalar for a list', { dim: 'band', operator: 'not_in', value: 3 }],
    ['null in a list', { dim: 'band', operator: 'in', value: [3, null] }],
    ['an order of booleans', { dim: 'band', operator: 'gt', value: true }],
    ['a mixed range', { dim: 'band', operator: 'between', value: [3, '6'] }],
    ['a range of three', { dim: 'band', operator: 'between', value: [3, 4, 5] }],
    ['a NUL', { dim: 'band', operator: 'eq', value: 'a\0b' }],
    ['half a surrogate pair', { dim: 'band', operator: 'eq', value: 'a\ud800' }],
    ['a number beyond JSON', { dim: 'band', operator: 'eq', value: Number.POSITIVE_INFINITY }],
    ['a lone backslash in a pattern', { dim: 'band', operator: 'like', value: 'a\\' }],
    ['a number as pattern', { dim: 'band', operator: 'like', value: 5 }],
    ['months', { operator: 'within_last', value: 'P1M' }],
    ['no duration at all', { operator: 'within_last', value: 'PT' }],
    ['a word for is_null', { dim: 'band', operator: 'is_null', value: 'yes' }],
    ['a cone beyond the pole', { operator: 'cone', value: { ra_deg: 1, dec_deg: 91, radius_deg: 1 } }],
    ['a cone without radius', { operator: 'cone', value: { ra_deg: 1, dec_deg: 1 } }],
    [
      'a cone over a field',
      { dim: 'band', operator: 'cone', value: { ra_deg: 1, dec_deg: 1, radius_deg: 1 } },
    ],
    ['an empty time range', { operator: 'overlaps', value: {} }],
    [
      'a time range that ends first',
      { operator: 'overlaps', value: { start: '2026-03-02', end: '2026-03-01' } },
    ],
    [
      'an operator that the type has not',
      { table: 'DataItem', column: 'size_bytes', operator: 'like', value: '5%' },
    ],
    ['JSON without a path', { table: 'DataItem', column: 'metadata', operator: 'eq', value: 5 }],
    [
      'a path that the readers walk differently',
      { table: 'DataItem', column: 'metadata', json_path: 'a.-1', operator: 'eq', value: 5 },
    ],
    ['a path into a column that is no JSON', { ...name, json_path: 'x', operator: 'eq', value: 'M17' }],
    ['both a dimension and a table', { table: 'Source', dim: 'source', operator: 'eq', value: 'M17' }],
    ['a name that every object has', { table: 'constructor', column: 'name', operator: 'eq', value: 'M17' }],
    ['a column that every object has', { table: 'Source', column: 'toString', operator: 'eq', value: 'M17' }],
  ])('refuses %s', (_, json) => {
    expect(problemsOf(json)).toHaveLength(1);
  });

  it('says what to do', () => {
    expect([
      messageFor({ table: 'Sourc', column: 'name', operator: 'eq', value: 'M17' }),
      messageFor({ ...name, operator: 'eq', value: 5 }),
      messageFor({ table: 'RawDataPackage', column: 'state', operator: 'eq', value: 'done' }),
      messageFor({ table: 'DataItem', column: 'size_bytes', operator: 'like', value: '5%' }),
    ]).toEqual([
      'must be one of DataItem, RawDataFile, RawDataPackage, ExecutedObsUnit, ObsUnit, ObservingProgram, Source, InstrumentModule, Instrument, Telescope, ' +
        'Observatory, DataProduct (did you mean "Source"?), or use "dim" for a dimension',
      'needs a text of at most 1000 characters',
      'needs one of WAITING, TRANSFERRING, ARCHIVED, FAILED',
      'cannot be asked of a value of type integer: use one of eq, neq, in, not_in, is_null, gt, gte, lt, lte, between',
    ]);
  });

  it('bounds depth and size', () => {
    const rule = { dim: 'band', operator: 'eq', value: 3 };
    const nested = (depth: number): unknown => (depth === 0 ? rule : { not: nested(depth - 1) });
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(problemsOf(nested(15))).toEqual([]);
    expect(problemsOf(nested(16))).toEqual([['filter.too_deep', '/not'.repeat(16)]]);
    expect(problemsOf(Array(499).fill(rule))).toEqual([]);
    expect(problemsOf(Array(5000).fill(rule))).toEqual([['filter.too_large', '/499']]);
    expect(problemsOf(cyclic).map(([code]) => code)).toEqual(['filter.too_deep']);
    expect(problemsOf({ dim: 'band', operator: 'in', value: Array(1001).fill(3) })).toHaveLength(1);
  });

  it('escapes what stands in a path', () => {
    expect(problemsOf({ dim: 'band', operator: 'eq', value: 3, 'a/b~c': 1 })).toEqual([
      ['filter.unknown_key', '/a~1b~0c'],
    ]);
  });

  it('knows which filters the clock alone can change', () => {
    const recent = { operator: 'within_last', value: 'P7D' };
    expect(
      [[], [recent], { not: { any: [recent] } }, { dim: 'band', operator: 'eq', value: 3 }].map((json) =>
        dependsOnTime(parseFilter(json)),
      ),
    ).toEqual([false, true, true, false]);
  });
});
