import { FAILURE_CLASSES, type FailureClass } from '../run/failure-class.js';
import { RETRY_RULES, type RetryPolicy } from '../run/retry-policy.js';

/** A row that could not be kept would be written again. */
const ROW = 'ROW';

/**
 * Whether an item that failed is tried again when nobody names its class: as a run that failed so, by the step's policy. The program's own words
 * that are no class, and silence, are.
 */
export function isItemRetried(failureClass: string, { classes }: Pick<RetryPolicy, 'classes'>): boolean {
  const known = classOf(failureClass);
  if (known === null) return normalized(failureClass) !== ROW;
  return classes[known]?.retry ?? RETRY_RULES[known].retry;
}

/** Whether what a program calls a failure is what a person names: `bad data`, `BAD_DATA` and `bad-data` are the same. */
export const isSameItemClass = (left: string, right: string): boolean =>
  normalized(left) === normalized(right);

const normalized = (text: string): string => text.trim().toUpperCase().replace(/[ -]/g, '_');

function classOf(text: string): FailureClass | null {
  const name = normalized(text);
  return FAILURE_CLASSES.find((known) => known === name) ?? null;
}
