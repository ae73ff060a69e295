import {
  distinguishingDims,
  formatAgo,
  formatBytes,
  formatDims,
  formatDuration,
  formatNumber,
} from './formats.js';

describe('formats for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_449_000, '1.4 MB'],
    [999_499_999, '999 MB'],
    [999_600_000, '1.0 GB'],
    [5e15, '5.0 PB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.43, '0.4 s'],
    [12.4, '12 s'],
    [59.9, '1 min 00 s'],
    [185, '3 min 05 s'],
    [7_800, '2 h 10 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [null, '–'],
    ['2026-01-01T00:00:00Z', 'just now'],
    ['2025-12-31T23:59:31Z', '30 s ago'],
    ['2025-12-31T23:30:00Z', '30 min ago'],
    ['2025-12-31T00:00:00Z', '24 h ago'],
    ['2025-12-01T00:00:00Z', '31 days ago'],
  ])('%s is %s', (at, text) => {
    expect(formatAgo(at, new Date('2026-01-01T00:00:01Z'))).toBe(text);
  });

  it('dims are sorted, and all when there are none', () => {
    expect(formatDims({ b: 1, a: 'x', c: null })).toBe('a=x b=1 c=–');
    expect(formatDims({})).toBe('all');
  });

  it.each([
    [3, '3'],
    [0.130_04, '0.13'],
    [-0.010_12, '-0.01012'],
    [835, '835'],
  ])('%d is written %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('dims that all things share do not tell them apart', () => {
    expect(
      distinguishingDims([
        { a: 1, b: 1 },
        { a: 1, b: 2, c: 3 },
      ]),
    ).toEqual([{ b: 1 }, { b: 2, c: 3 }]);
    expect(distinguishingDims([{ a: 1 }])).toEqual([{}]);
    expect(distinguishingDims([])).toEqual([]);
  });
});
