import type {
  Association,
  AssociationCandidate,
  AssociationChoice,
  AssociationTarget,
  MissingReason,
} from './association.js';
import {
  byNewest,
  covers,
  dimsKey,
  interpolatedChoice,
  middleOf,
  onlyChoice,
  rangeOf,
  validityOf,
  type TimeRange,
} from './validity.js';

/**
 * What a rule binds to a sub-group, or why nothing.
 *
 * The rules one by one, candidate by candidate: this is the one to read. `prepareAssociation` gives the same for many sub-groups
 * without looking at every candidate for each. Ties go to the one registered last, then to the greater id, so the order of the
 * candidates does not matter.
 */
export function chooseAssociation(
  association: Association,
  target: AssociationTarget,
  candidates: readonly AssociationCandidate[],
): AssociationChoice {
  const key = dimsKey(target.dims, association.same);
  if (key === null) return missing('no_such_dim');
  const alike = candidates.filter(({ dims }) => dimsKey(dims, association.same) === key).sort(byNewest);
  const range = rangeOf(target);
  switch (association.policy) {
    case 'covering':
      return one(association, range, 'covering', alike.filter(isCovering(range)).sort(byBeginning)[0]);
    case 'newest':
      return one(association, range, 'newest', alike.filter(isWithinReach(association, range))[0]);
    case 'nearest': {
      const covering = alike.find(isCovering(range));
      if (covering !== undefined || range === null) return one(association, range, 'covering', covering);
      const near = alike.filter(isWithinReach(association, range));
      return one(association, range, 'nearest', near.sort((a, b) => gapTo(a, range) - gapTo(b, range))[0]);
    }
    case 'interpolate':
      return range === null ? missing('no_time') : interpolate(association, range, alike);
  }
}

const missing = (reason: MissingReason): AssociationChoice => ({ kind: 'missing', reason });

const one = (
  { warnOffsetSeconds }: Association,
  target: TimeRange | null,
  method: 'covering' | 'newest' | 'nearest',
  candidate: AssociationCandidate | undefined,
): AssociationChoice =>
  candidate === undefined
    ? missing('none_found')
    : onlyChoice({ candidate, method, target, warnOffsetSeconds });

const isCovering =
  (target: TimeRange | null) =>
  (candidate: AssociationCandidate): boolean =>
    target === null || covers(validityOf(candidate), target);

/** Begins later first, and of those the one that ends first: the narrower one. Stable, so the rest stays newest first. */
function byBeginning(a: AssociationCandidate, b: AssociationCandidate): number {
  const [left, right] = [validityOf(a), validityOf(b)];
  if (left.from !== right.from) return left.from > right.from ? -1 : 1;
  if (left.to !== right.to) return left.to < right.to ? -1 : 1;
  return 0;
}

/** Milliseconds between the validity and the target; 0 where they touch. */
function gapTo(candidate: AssociationCandidate, target: TimeRange): number {
  const { from, to } = validityOf(candidate);
  return Math.max(0, from - target.to, target.from - to);
}

/** On a side that may be taken, and not too far; without a limit, `newest` takes only what covers. */
function isWithinReach(association: Association, target: TimeRange | null) {
  const { policy, maxOffsetSeconds, before, after } = association;
  return (candidate: AssociationCandidate): boolean => {
    if (target === null || covers(validityOf(candidate), target)) return true;
    if (policy === 'newest' && maxOffsetSeconds === null) return false;
    const { from, to } = validityOf(candidate);
    if ((to < target.from && !before) || (from > target.to && !after)) return false;
    return maxOffsetSeconds === null || gapTo(candidate, target) <= maxOffsetSeconds * 1000;
  };
}

/** Candidates with an open end have no middle to interpolate from. One in the very middle of the sub-group needs no other. */
function interpolate(
  { maxOffsetSeconds, warnOffsetSeconds }: Association,
  target: TimeRange,
  newestFirst: readonly AssociationCandidate[],
): AssociationChoice {
  const reach = maxOffsetSeconds === null ? Infinity : maxOffsetSeconds * 1000;
  const placed = newestFirst
    .map((candidate) => ({ candidate, distance: middleOf(validityOf(candidate)) - middleOf(target) }))
    .filter(({ distance }) => Number.isFinite(distance) && Math.abs(distance) <= reach);
  const exact = placed.find(({ distance }) => distance === 0)?.candidate;
  if (exact !== undefined)
    return onlyChoice({ candidate: exact, method: 'nearest', target, warnOffsetSeconds });
  const [before] = placed.filter(({ distance }) => distance < 0).sort((a, b) => b.distance - a.distance);
  const [after] = placed.filter(({ distance }) => distance > 0).sort((a, b) => a.distance - b.distance);
  if (before !== undefined && after !== undefined)
    return interpolatedChoice([before.candidate, after.candidate], target, warnOffsetSeconds);
  const single = before?.candidate ?? after?.candidate;
  if (single === undefined) return missing('none_found');
  return onlyChoice({ candidate: single, method: 'extrapolated', target, warnOffsetSeconds });
}
