import { durationSeconds } from '../filter/instant.js';
import { bucketSeconds } from './time-bucket.js';

/** `60 s` and `10 min` as time_bucket writes them, or `PT60S` as within_last does, in seconds; null when it is neither. */
export const ruleSeconds = (text: string): number | null => bucketSeconds(text) ?? durationSeconds(text);

export const DURATION_FORMS = 'a duration like "60 s", "10 min" or "PT60S" (1 s to 366 d)';
