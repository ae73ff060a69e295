import { Cron } from 'croner';
import { DomainError } from '../shared/domain-error.js';
import { messageOf } from '../shared/message-of.js';

/** When a CRON pipeline is due: a cron expression of five fields, in a time zone of the IANA database. */
export interface CronSchedule {
  readonly expression: string;
  readonly timezone: string;
}

/**
 * The first due time later than `after`.
 *
 * A time that the clocks skip in spring is due at the first moment after the gap; one that they repeat in autumn is due once, at its
 * first occurrence. That holds for expressions that name their hours and minutes; `*` and steps follow the real time instead, so that
 * "every 10 minutes" is that in the repeated hour, too.
 *
 * @throws DomainError `cron.invalid`
 */
export function nextDue(expression: string, timezone: string, after: Date): Date {
  const next = scheduleOf(expression, timezone).nextRun(after);
  if (next === null) throw neverDue(expression);
  return next;
}

/**
 * The last due time later than `after` and not later than `now`, null when there is none: what was missed in between counts once.
 *
 * @throws DomainError `cron.invalid`
 */
export function lastDue(expression: string, timezone: string, after: Date, now: Date): Date | null {
  // previousRuns looks strictly before its reference, in whole seconds: the beginning of the next second includes `now`.
  const reference = new Date((Math.floor(now.getTime() / 1000) + 1) * 1000);
  const [last] = scheduleOf(expression, timezone).previousRuns(1, reference);
  return last !== undefined && last > after ? last : null;
}

/**
 * Refuses what can never be due: no expression, no time zone, or a date that does not exist.
 *
 * @throws DomainError `cron.invalid` with one problem.
 */
export function checkCronSchedule({ expression, timezone }: CronSchedule): void {
  if (scheduleOf(expression, timezone).nextRun(new Date(0)) === null) throw neverDue(expression);
}

function scheduleOf(expression: string, timezone: string): Cron {
  // Croner takes a date, too, and is due then and never again.
  if (expression.trim().split(/\s+/).length !== 5)
    throw invalid('/cron', `"${expression}" is no cron expression such as 0 6 * * * (it needs five fields)`);
  if (!isTimeZone(timezone))
    throw invalid(
      '/timezone',
      `"${timezone}" is no time zone of the IANA database, such as America/Santiago`,
    );
  try {
    return new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
  } catch (error) {
    const why = messageOf(error);
    throw invalid('/cron', `"${expression}" is no cron expression such as 0 6 * * * (${why})`);
  }
}

/** Intl is what croner asks, too; offsets such as +02:00 are no zones, because they know no summer. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const neverDue = (expression: string): DomainError => invalid('/cron', `"${expression}" is never due`);

const invalid = (path: string, message: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'cron.invalid',
    message,
    action:
      'Write minute, hour, day, month and weekday, for example 0 6 * * *, and a zone such as Europe/Berlin.',
    problems: [{ code: 'cron.invalid', path, message }],
  });
