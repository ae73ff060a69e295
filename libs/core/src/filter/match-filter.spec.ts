import type { ItemRow } from './item-row.js';
import { matchesFilter } from './match-filter.js';
import { parseFilter } from './parse-filter.js';

const NOW = new Date('2026-03-08T00:00:00Z');
const row: ItemRow = {
  id: 1,
  kind: 'RAW_DATA_PACKAGE',
  name: 'm17_a.tar',
  content_hash: 'ab',
  size_bytes: 1024,
  obs_time: '2026-03-01T00:00:00Z',
  obs_time_end: '2026-03-01T01:00:00Z',
  ra_deg: 359.9,
  dec_deg: 0,
  registered_at: '2026-03-02T00:00:00Z',
  dims: { band: 4, source: 'M17', label: '4', night: '2026-03-01T12:00:00Z', gone: null },
  metadata: { bands: [{ name: 'B3' }, { name: 'B6' }], observation: { frequency_ghz: 460.5 } },
  tables: { RawDataPackage: { state: 'ARCHIVED' }, Source: { name: 'M17', naif_id: null } },
};
const matches = (json: unknown, changes: Partial<ItemRow> = {}): boolean =>
  matchesFilter(parseFilter(json), { ...row, ...changes }, NOW);
const dim = (name: string, operator: string, value: unknown): unknown => ({ dim: name, operator, value });

describe('matchesFilter', () => {
  it.each([
    ['a missing dimension equals nothing', dim('absent', 'eq', 'M17'), false],
    ['a missing dimension differs from nothing, either', dim('absent', 'neq', 'M17'), false],
    ['nor is it outside a list', dim('absent', 'not_in', ['M17']), false],
    ['a null dimension is missing', dim('gone', 'neq', 'M17'), false],
    ['not selects what is missing', { not: dim('absent', 'eq', 'M17') }, true],
    ['is_null selects what is missing', dim('gone', 'is_null', true), true],
    ['is_null false selects what is there', dim('band', 'is_null', false), true],
    ['a number is not its text', dim('label', 'eq', 4), false],
    ['and differs from it', dim('label', 'neq', 4), true],
    ['and has no order with it', { any: [dim('label', 'gt', 3), dim('label', 'lte', 3)] }, false],
    ['numbers are ordered as numbers', dim('band', 'lt', 10), true],
    ['texts are ordered as texts', dim('label', 'lt', '10'), false],
    ['between includes both ends', dim('band', 'between', [4, 4]), true],
    ['like is about the whole text', dim('source', 'like', 'M1'), false],
    ['regex is about any part', dim('source', 'regex', '1'), true],
    [
      'a path walks through lists',
      { table: 'DataItem', column: 'metadata', json_path: 'bands.1.name', operator: 'eq', value: 'B6' },
      true,
    ],
    [
      'a list is no value',
      { table: 'DataItem', column: 'metadata', json_path: 'bands', operator: 'neq', value: 'B6' },
      false,
    ],
    [
      'but it is there',
      { table: 'DataItem', column: 'metadata', json_path: 'bands', operator: 'is_null', value: false },
      true,
    ],
    [
      'a table without a row is missing',
      { table: 'Telescope', column: 'name', operator: 'neq', value: 'FYST' },
      false,
    ],
    [
      'a null column is missing',
      { table: 'Source', column: 'naif_id', operator: 'is_null', value: true },
      true,
    ],
    [
      'states match in any case',
      { table: 'RawDataPackage', column: 'state', operator: 'eq', value: 'archived' },
      true,
    ],
    ['and in patterns', { table: 'RawDataPackage', column: 'state', operator: 'like', value: 'arch%' }, true],
    ['within_last includes its first moment', { operator: 'within_last', value: 'P7D' }, true],
    ['and nothing before it', { operator: 'within_last', value: 'P6DT23H' }, false],
    ['within_last reads times in dimensions', dim('night', 'within_last', 'P1W'), true],
    ['and nothing in other texts', dim('source', 'within_last', 'P1W'), false],
    ['all of nothing is everything', [], true],
    ['any of nothing is nothing', { any: [] }, false],
  ])('%s', (_, json, expected) => {
    expect(matches(json)).toBe(expected);
  });

  it('takes both times of a range as SQL does: starts belong to it, ends do not', () => {
    const overlaps = (
      start: string | undefined,
      end: string | undefined,
      changes: Partial<ItemRow> = {},
    ): boolean =>
      matches({ operator: 'overlaps', value: { ...(start && { start }), ...(end && { end }) } }, changes);
    expect([
      overlaps('2026-03-01T00:30:00Z', '2026-03-01T00:31:00Z'),
      overlaps('2026-03-01T01:00:00Z', undefined),
      overlaps(undefined, '2026-03-01T00:00:00Z'),
      overlaps('2026-03-01T00:00:00Z', '2026-03-02', { obs_time_end: null }),
      overlaps('2026-03-01T00:00:00Z', '2026-03-02', { obs_time_end: row.obs_time }),
      overlaps('2026-02-01', '2026-04-01', { obs_time: null }),
    ]).toEqual([true, false, false, true, true, false]);
  });

  it('draws cones across RA 0 and over the poles, their edge included', () => {
    const cone = (ra_deg: number, dec_deg: number, radius_deg: number): unknown => ({
      operator: 'cone',
      value: { ra_deg, dec_deg, radius_deg },
    });
    expect([
      matches(cone(0.1, 0, 0.21)),
      matches(cone(0.1, 0, 0.19)),
      matches(cone(359.9, 0, 0)),
      matches(cone(77, 90, 90)),
      matches(cone(77, 90, 89.9999)),
      matches(cone(179.9, 0, 180)),
      matches(cone(10, 89, 2.5), { ra_deg: 190, dec_deg: 89 }),
      matches(cone(0, 0, 180), { ra_deg: null }),
    ]).toEqual([true, false, true, true, false, true, true, false]);
  });

  it('does not mistake what every object has for a dimension', () => {
    expect(
      ['constructor', '__proto__', 'toString'].map((name) => matches(dim(name, 'is_null', false))),
    ).toEqual([false, false, false]);
  });
});
