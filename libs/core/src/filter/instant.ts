const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/** Never the calendar days of a zone: without an offset a time is UTC. */
const EARLIEST = '0001-01-01T00:00:00.000000Z';

/**
 * An ISO 8601 time as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, so that text order is time order; null when it is none.
 *
 * Accepts a date (its midnight), minutes or seconds, a space for the T, up to nine decimals (cut to microseconds, which
 * is what PostgreSQL keeps) and an offset; without one the time is UTC. Years 1 to 9999 in UTC; no leap seconds.
 * The SQL function `iso_instant` is the same rule.
 */
export function canonicalInstant(text: string): string | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = [1, 2, 3, 4, 5, 6, 9, 10].map(
    part,
  ) as EightNumbers;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 15 || offsetMinute > 59 || year < 1)
    return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  date.setUTCHours(hour, minute - offset, second);
  const microseconds = (match[7] ?? '').slice(0, 6).padEnd(6, '0');
  const canonical = date.toISOString().replace('.000Z', `.${microseconds}Z`);
  return canonical.length === EARLIEST.length && canonical >= EARLIEST ? canonical : null;
}

type EightNumbers = [number, number, number, number, number, number, number, number];

/** The canonical text of a moment on the clock. */
export const instantOf = (moment: Date): string => moment.toISOString().replace('Z', '000Z');

const DURATION =
  /^P(?=.)(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;

/** Longest `within_last`, a hundred years: keeps every lower bound inside the years that PostgreSQL and we can write. */
export const MAX_DURATION_SECONDS = 36_525 * 86_400;

/**
 * Seconds of an ISO 8601 duration in weeks, days, hours, minutes and seconds; null when it is none, or zero, or longer
 * than a hundred years. Years and months have no fixed length and are refused.
 */
export function durationSeconds(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const unit = [604_800, 86_400, 3_600, 60, 1];
  const seconds = unit.reduce((sum, length, index) => sum + length * Number(match[index + 1] ?? 0), 0);
  return seconds > 0 && seconds <= MAX_DURATION_SECONDS ? seconds : null;
}
