import fc from 'fast-check';
import { DomainError } from '../shared/domain-error.js';
import { checkCronSchedule, lastDue, nextDue } from './cron-schedule.js';

const at = (text: string): Date => new Date(text);
const due = (expression: string, timezone: string, after: string, count: number): string[] => {
  const times: Date[] = [];
  for (let n = 0; n < count; n += 1) times.push(nextDue(expression, timezone, times.at(-1) ?? at(after)));
  return times.map((time) => time.toISOString().replace('.000Z', 'Z'));
};

describe('nextDue', () => {
  it('is later than the time that it is asked for, also when that time is due itself', () => {
    expect(due('0 6 * * *', 'UTC', '2026-05-01T06:00:00Z', 1)).toEqual(['2026-05-02T06:00:00Z']);
    expect(due('0 6 * * *', 'UTC', '2026-05-01T05:59:59.999Z', 1)).toEqual(['2026-05-01T06:00:00Z']);
  });

  it('keeps the time of day of its zone through the year', () => {
    expect(due('0 6 * * *', 'America/Santiago', '2026-04-03T12:00:00Z', 3)).toEqual([
      '2026-04-04T09:00:00Z',
      '2026-04-05T10:00:00Z',
      '2026-04-06T10:00:00Z',
    ]);
  });

  it('a time that spring skips is due when the clocks go on, on that day, once', () => {
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    // Santiago skips midnight itself.
    expect(due('0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', 2)).toEqual([
      '2026-09-06T04:00:00Z',
      '2026-09-07T03:00:00Z',
    ]);
    expect(due('15,45 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:15:00Z',
    ]);
  });

  it('a time that autumn repeats is due once, the first time', () => {
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
    expect(due('30 23 * * *', 'America/Santiago', '2026-04-04T12:00:00Z', 2)).toEqual([
      '2026-04-05T02:30:00Z',
      '2026-04-06T03:30:00Z',
    ]);
  });

  it('an interval goes on through the repeated hour', () => {
    expect(due('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00Z', 5)).toEqual([
      '2026-10-25T00:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-25T02:00:00Z',
    ]);
  });

  it('29 February is due in leap years, and 2100 is none', () => {
    expect(due('0 6 29 2 *', 'UTC', '2026-03-01T00:00:00Z', 2)).toEqual([
      '2028-02-29T06:00:00Z',
      '2032-02-29T06:00:00Z',
    ]);
    expect(due('0 6 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T06:00:00Z']);
  });
});

describe('lastDue', () => {
  const last = (after: string, now: string): string | undefined =>
    lastDue('0 6 * * *', 'UTC', at(after), at(now))?.toISOString();

  it.each([
    ['nothing before the due time', '2026-05-01T06:00:00Z', '2026-05-02T05:59:59.999Z', undefined],
    [
      'the due time at that moment',
      '2026-05-01T06:00:00Z',
      '2026-05-02T06:00:00Z',
      '2026-05-02T06:00:00.000Z',
    ],
    ['nothing twice', '2026-05-02T06:00:00Z', '2026-05-02T06:00:00.500Z', undefined],
    [
      'of many missed times the last',
      '2026-05-01T06:00:00Z',
      '2026-05-09T05:59:59.999Z',
      '2026-05-08T06:00:00.000Z',
    ],
    ['nothing when the clock was set back', '2026-05-02T06:00:00Z', '2026-05-01T12:00:00Z', undefined],
  ])('finds %s', (_, after, now, expected) => {
    expect(last(after, now)).toBe(expected);
  });

  it('finds what nextDue announced, and nothing a moment before', () => {
    const schedules = fc.constantFrom('0 6 * * *', '*/7 * * * *', '30 2 * * 0', '15,45 2 * * *', '0 0 1 * *');
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe');
    const times = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(schedules, zones, times, (expression, zone, ms) => {
        const after = new Date(ms);
        const next = nextDue(expression, zone, after);
        expect(lastDue(expression, zone, after, next)).toEqual(next);
        expect(lastDue(expression, zone, after, new Date(next.getTime() - 1))).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

describe('checkCronSchedule', () => {
  const problemOf = (expression: string, timezone: string): string => {
    try {
      checkCronSchedule({ expression, timezone });
      return 'none';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return error.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`).join('; ');
    }
  };

  it.each([
    ['0 6 * * *', 'America/Santiago', 'none'],
    ['0 6 * * MON-FRI', 'UTC', 'none'],
    ['0 6 * * *', 'America/Santigo', /^cron\.invalid \/timezone: "America\/Santigo" is no time zone/],
    ['0 6 * * *', '+02:00', /^cron\.invalid \/timezone: /],
    ['0 6 * * *', '', /^cron\.invalid \/timezone: /],
    ['nonsense', 'UTC', /^cron\.invalid \/cron: "nonsense" is no cron expression such as 0 6 \* \* \*/],
    ['61 * * * *', 'UTC', /^cron\.invalid \/cron: .*61/],
    ['0 0 6 * * *', 'UTC', /^cron\.invalid \/cron: /],
    ['2026-05-01T06:00:00', 'UTC', /^cron\.invalid \/cron: /],
    ['0 6 30 2 *', 'UTC', 'cron.invalid /cron: "0 6 30 2 *" is never due'],
  ])('says of %j in %j: %s', (expression, timezone, expected) => {
    if (expected instanceof RegExp) expect(problemOf(expression, timezone)).toMatch(expected);
    else expect(problemOf(expression, timezone)).toBe(expected);
  });
});
