/** Seconds of a unit; every unit has one fixed length, so no bucket depends on a calendar or a time zone. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3_600,
  hour: 3_600,
  hours: 3_600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
  w: 604_800,
  week: 604_800,
  weeks: 604_800,
};

/** Names, largest first, of the units that a bucket's dimension is named by. */
const NAMED_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

const MAX_SECONDS = 366 * 86_400;

/** 2000-01-03 00:00 UTC, a Monday: weeks begin on Mondays, and every length that divides a day begins at midnight. */
export const BUCKET_ORIGIN = '2000-01-03T00:00:00Z';

/** `10 min` in seconds, 1 s to 366 d; null when it is not a whole number of a known unit in that range. */
export function bucketSeconds(text: string): number | null {
  const match = /^\s*([0-9]{1,8})\s*([a-z]+)\s*$/.exec(text);
  const unit = match?.[2] ?? '';
  const seconds =
    Number(match?.[1] ?? 0) * (Object.hasOwn(UNIT_SECONDS, unit) ? (UNIT_SECONDS[unit] ?? 0) : 0);
  return seconds >= 1 && seconds <= MAX_SECONDS ? seconds : null;
}

/** The dimension of a bucket: `obs_time_10min`, whichever way the length was written. */
export function bucketName(seconds: number): string {
  const [unit, length] = NAMED_UNITS.find(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `obs_time_${seconds / length}${unit}`;
}

/** Start of the bucket that a canonical instant lies in, as `2026-03-01T12:10:00Z`; the SQL function `time_bucket` agrees. */
export function bucketStart(instant: string, seconds: number): string {
  const origin = Date.parse(BUCKET_ORIGIN);
  const width = seconds * 1000;
  // Parts of a millisecond cannot reach the next bucket: buckets begin on whole seconds.
  const milliseconds = Date.parse(`${instant.slice(0, 23)}Z`);
  return new Date(origin + Math.floor((milliseconds - origin) / width) * width)
    .toISOString()
    .replace('.000Z', 'Z');
}
