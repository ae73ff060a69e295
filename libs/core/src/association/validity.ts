import { canonicalJson, type Dims } from '../shared/json.js';
import type {
  AssociationCandidate,
  AssociationChoice,
  AssociationMethod,
  AssociationTarget,
  ChosenItem,
} from './association.js';

/** A range of time, inclusive; infinite where it is open. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export const validityOf = (candidate: AssociationCandidate): TimeRange => ({
  from: candidate.validFromMs ?? -Infinity,
  to: candidate.validToMs ?? Infinity,
});

/** Null for a sub-group whose members have no times: by time, every candidate suits it. */
export const rangeOf = ({ timeFromMs, timeToMs }: AssociationTarget): TimeRange | null =>
  timeFromMs === null ? null : { from: timeFromMs, to: timeToMs ?? timeFromMs };

export const middleOf = ({ from, to }: TimeRange): number => from + (to - from) / 2;

/** The values of `same` as one text; null when one of them is missing. */
export function dimsKey(dims: Dims, same: readonly string[]): string | null {
  const values = same.map((name) => (Object.hasOwn(dims, name) ? (dims[name] ?? null) : null));
  return values.includes(null) ? null : canonicalJson(values);
}

/** Registered later first; of two registered at once, the one with the greater id. */
export const byNewest = (a: AssociationCandidate, b: AssociationCandidate): number =>
  b.registeredAtMs - a.registeredAtMs || b.itemId - a.itemId;

/**
 * Seconds from the middle of the target to the middle of the validity. A validity with one open end has no middle: it counts
 * as 0 inside and from its one edge outside.
 */
export function offsetSeconds(candidate: AssociationCandidate, target: TimeRange | null): number {
  if (target === null) return 0;
  const validity = validityOf(candidate);
  const middle = middleOf(target);
  if (Number.isFinite(validity.from) && Number.isFinite(validity.to))
    return (middleOf(validity) - middle) / 1000;
  if (validity.from > middle) return (validity.from - middle) / 1000;
  return validity.to < middle ? (validity.to - middle) / 1000 : 0;
}

interface ChoiceMade {
  readonly candidate: AssociationCandidate;
  readonly method: AssociationMethod;
  readonly target: TimeRange | null;
  readonly warnOffsetSeconds: number | null;
}

/** The choice of one candidate. What covers the sub-group is never far, however long it is valid. */
export function onlyChoice({
  candidate,
  method,
  target,
  warnOffsetSeconds,
}: ChoiceMade): AssociationChoice & { readonly kind: 'chosen' } {
  const offset = offsetSeconds(candidate, target);
  const role = method !== 'extrapolated' ? 'only' : offset < 0 ? 'before' : 'after';
  const isFar =
    warnOffsetSeconds !== null &&
    Math.abs(offset) > warnOffsetSeconds &&
    (target === null || !covers(validityOf(candidate), target) || method === 'extrapolated');
  return {
    kind: 'chosen',
    items: [chosenItem(candidate, { role, method, offsetSeconds: offset, weight: 1 })],
    isFar,
  };
}

/** Linear between two middles: the nearer one weighs more. Far when the gap between them is more than twice the limit. */
export function interpolatedChoice(
  [before, after]: readonly [AssociationCandidate, AssociationCandidate],
  target: TimeRange,
  warnOffsetSeconds: number | null,
): AssociationChoice {
  const [back, ahead] = [-offsetSeconds(before, target), offsetSeconds(after, target)];
  const gap = back + ahead;
  const method = 'interpolated';
  return {
    kind: 'chosen',
    items: [
      chosenItem(before, { role: 'before', method, offsetSeconds: -back, weight: ahead / gap }),
      chosenItem(after, { role: 'after', method, offsetSeconds: ahead, weight: back / gap }),
    ],
    isFar: warnOffsetSeconds !== null && gap > 2 * warnOffsetSeconds,
  };
}

const chosenItem = (
  { itemId, contentHash }: AssociationCandidate,
  how: Omit<ChosenItem, 'itemId' | 'contentHash'>,
): ChosenItem => ({ itemId, contentHash, ...how });

export const covers = (validity: TimeRange, target: TimeRange): boolean =>
  validity.from <= target.from && validity.to >= target.to;
