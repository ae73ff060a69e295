import type { JsonObject } from '../shared/json.js';
import type { Problem } from '../shared/domain-error.js';
import { DocumentReader } from '../definition/document-reader.js';
import { parseByteSize } from './byte-size.js';
import { parseWaterMarks } from './parse-water-marks.js';

describe('parseByteSize', () => {
  it.each<[unknown, number | null]>([
    [0, 0],
    [1500, 1500],
    ['1500', 1500],
    ['1.5 kB', 1500],
    ['800GB', 800e9],
    ['2 TiB', 2 * 2 ** 40],
    [' 1 B ', 1],
    [1.5, null],
    [-1, null],
    ['-1 GB', null],
    ['1 XB', null],
    ['GB', null],
    ['90 %', null],
    ['9999 PB', null],
    [null, null],
    [true, null],
  ])('%j is %j bytes', (value, bytes) => {
    expect(parseByteSize(value)).toBe(bytes);
  });
});

describe('parseWaterMarks', () => {
  const read = (document: JsonObject, kind = 'PROCESSING') => {
    const problems: Problem[] = [];
    const marks = parseWaterMarks(new DocumentReader(document, '', problems), kind);
    return { marks, problems: problems.map(({ path, message }) => `${path} ${message}`) };
  };

  it('reads bytes, units and shares of the capacity', () => {
    expect(read({ capacity: '10 TB', high_water: '90 %', low_water: '7.5 TB' })).toEqual({
      marks: { capacity: 10e12, high_water: 9e12, low_water: 7.5e12 },
      problems: [],
    });
    expect(read({ high_water: 2000, low_water: 1000 }).problems).toEqual([]);
    expect(read({})).toEqual({
      marks: { capacity: null, high_water: null, low_water: null },
      problems: [],
    });
    expect(read({ capacity: '1 TB' }, 'SOURCE').problems).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{ high_water: 1000 }, '/low_water high_water says where purging begins; say where it ends, too'],
    [{ low_water: 1000 }, '/high_water low_water says where purging ends; say where it begins, too'],
    [
      { high_water: 1000, low_water: 1000 },
      '/low_water low_water (1000 bytes) must be less than high_water (1000 bytes)',
    ],
    [
      { capacity: 900, high_water: 1000, low_water: 10 },
      '/high_water high_water (1000 bytes) is more than the capacity (900 bytes) and would never be reached',
    ],
    [{ high_water: '90 %', low_water: 1 }, '/high_water 90 % of what? Say the capacity, too'],
    [
      { high_water: 'much', low_water: 1 },
      '/high_water "high_water" must be a number of bytes, or a text like "800 GB" or "1.5 TiB", or a share of the capacity like "90 %"',
    ],
    [
      { capacity: 0, high_water: 2, low_water: 1 },
      '/capacity "capacity" must be a number of bytes, or a text like "800 GB" or "1.5 TiB"',
    ],
  ])('%j: %s', (document, problem) => {
    expect(read(document).problems).toEqual([problem]);
  });

  it('refuses marks where nothing is purged', () => {
    expect(read({ high_water: 2, low_water: 1 }, 'SOURCE').problems).toEqual([
      '/high_water nothing is purged at a SOURCE location; only PROCESSING and BUFFER ones have water marks',
    ]);
  });
});
