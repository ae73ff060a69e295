import { canonicalInstant, durationSeconds, instantOf } from './instant.js';

describe('canonicalInstant', () => {
  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000000Z'],
    ['2026-03-01 12:30:15.5', '2026-03-01T12:30:15.500000Z'],
    ['2026-03-01T12:30:15.123456789Z', '2026-03-01T12:30:15.123456Z'],
    ['2026-03-01T00:30:00+02:00', '2026-02-28T22:30:00.000000Z'],
    ['2026-12-31T23:30:00-0100', '2027-01-01T00:30:00.000000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000000Z'],
    ['0099-01-01', '0099-01-01T00:00:00.000000Z'],
    ['2026-02-29', null],
    ['2026-13-01', null],
    ['2026-03-01T24:00:00Z', null],
    ['2026-03-01T23:59:60Z', null],
    ['2026-03-01T', null],
    ['2026-03-01Z', null],
    ['0000-06-01', null],
    ['9999-12-31T23:59:59-01:00', null],
    ['infinity', null],
    ['2026-03-01T12:30:00Z\n', null],
  ])('reads %j as %j', (text, expected) => {
    expect(canonicalInstant(text)).toBe(expected);
  });

  it('writes the clock in the same form', () => {
    expect(instantOf(new Date('2026-03-01T12:30:15.123Z'))).toBe('2026-03-01T12:30:15.123000Z');
  });
});

describe('durationSeconds', () => {
  it.each([
    ['P7D', 604_800],
    ['P1W', 604_800],
    ['P1DT2H3M4S', 93_784],
    ['PT90M', 5400],
    ['P36525D', 3_155_760_000],
    ['P36526D', null],
    ['PT0S', null],
    ['P', null],
    ['PT', null],
    ['P1DT', null],
    ['P1M', null],
    ['P1Y', null],
    ['P1.5D', null],
    ['-P1D', null],
    ['7 days', null],
  ])('reads %s as %s seconds', (text, expected) => {
    expect(durationSeconds(text)).toBe(expected);
  });
});
