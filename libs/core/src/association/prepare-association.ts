import type {
  Association,
  AssociationCandidate,
  AssociationChoice,
  AssociationTarget,
  MissingReason,
} from './association.js';
import {
  byNewest,
  dimsKey,
  interpolatedChoice,
  middleOf,
  onlyChoice,
  rangeOf,
  validityOf,
  type TimeRange,
} from './validity.js';
import { firstAbove, firstFrom, WindowIndex, type RankedWindow } from './window-index.js';

/** The choice for one sub-group after another. */
export type PreparedAssociation = (target: AssociationTarget) => AssociationChoice;

/** What one policy finds among the candidates that agree with the sub-group in their dimensions. */
type Chooser = (target: TimeRange | null) => AssociationChoice;

/**
 * `chooseAssociation` for many sub-groups and the same candidates: they are sorted once, and each choice is a search that
 * grows with the logarithm of their number.
 */
export function prepareAssociation(
  association: Association,
  candidates: readonly AssociationCandidate[],
): PreparedAssociation {
  const alike = new Map<string, AssociationCandidate[]>();
  for (const candidate of [...candidates].sort(byNewest)) {
    const key = dimsKey(candidate.dims, association.same);
    if (key === null) continue;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [candidate]);
    else known.push(candidate);
  }
  const choosers = new Map<string, Chooser>();
  return (target) => {
    const key = dimsKey(target.dims, association.same);
    if (key === null) return missing('no_such_dim');
    const known = choosers.get(key);
    const chooser = known ?? chooserOf(association, alike.get(key) ?? []);
    if (known === undefined) choosers.set(key, chooser);
    return chooser(rangeOf(target));
  };
}

const missing = (reason: MissingReason): AssociationChoice => ({ kind: 'missing', reason });

function chooserOf(association: Association, newestFirst: readonly AssociationCandidate[]): Chooser {
  switch (association.policy) {
    case 'covering':
      return coveringChooser(association, newestFirst);
    case 'newest':
      return newestChooser(association, newestFirst);
    case 'nearest':
      return nearestChooser(association, newestFirst);
    case 'interpolate':
      return interpolatingChooser(association, newestFirst);
  }
}

interface RankedCandidate extends RankedWindow {
  readonly candidate: AssociationCandidate;
}

/** Best first becomes highest rank. */
const ranked = (bestFirst: readonly AssociationCandidate[]): RankedCandidate[] =>
  bestFirst.map((candidate, index) => ({
    candidate,
    ...validityOf(candidate),
    rank: bestFirst.length - 1 - index,
  }));

/** For a target without times, every validity will do. */
const bestCovering = (index: WindowIndex<RankedCandidate>, target: TimeRange | null) =>
  index.best(target?.from ?? Infinity, target?.to ?? -Infinity)?.candidate;

function coveringChooser(
  { warnOffsetSeconds }: Association,
  newestFirst: readonly AssociationCandidate[],
): Chooser {
  const byBeginning = [...newestFirst].sort((a, b) => {
    const [left, right] = [validityOf(a), validityOf(b)];
    return compare(right.from, left.from) || compare(left.to, right.to);
  });
  const index = new WindowIndex(ranked(byBeginning));
  return (target) => {
    const candidate = bestCovering(index, target);
    if (candidate === undefined) return missing('none_found');
    return onlyChoice({ candidate, method: 'covering', target, warnOffsetSeconds });
  };
}

function newestChooser(
  { maxOffsetSeconds, before, after, warnOffsetSeconds }: Association,
  newestFirst: readonly AssociationCandidate[],
): Chooser {
  const all = ranked(newestFirst);
  const index = new WindowIndex(all);
  const reach = (maxOffsetSeconds ?? 0) * 1000;
  const near = (target: TimeRange | null): RankedCandidate | undefined =>
    target === null || maxOffsetSeconds === null
      ? undefined
      : index.best(target.to + (after ? reach : 0), target.from - (before ? reach : 0));
  return (target) => {
    // What covers is near, too, so the best of the near ones is the best of both.
    const candidate = near(target)?.candidate ?? bestCovering(index, target);
    if (candidate === undefined) return missing('none_found');
    return onlyChoice({ candidate, method: 'newest', target, warnOffsetSeconds });
  };
}

function nearestChooser(association: Association, newestFirst: readonly AssociationCandidate[]): Chooser {
  const { warnOffsetSeconds } = association;
  const index = new WindowIndex(ranked(newestFirst));
  const beside = neighbours(association, newestFirst);
  return (target) => {
    const covering = bestCovering(index, target);
    if (covering !== undefined || target === null) {
      if (covering === undefined) return missing('none_found');
      return onlyChoice({ candidate: covering, method: 'covering', target, warnOffsetSeconds });
    }
    const candidate = index.best(target.to, target.from)?.candidate ?? beside(target);
    if (candidate === undefined) return missing('none_found');
    return onlyChoice({ candidate, method: 'nearest', target, warnOffsetSeconds });
  };
}

/** The nearest that ends before the target or begins after it. */
function neighbours(
  { maxOffsetSeconds, before, after }: Association,
  newestFirst: readonly AssociationCandidate[],
) {
  const ends = sortedBy(newestFirst, (candidate) => validityOf(candidate).to);
  const begins = sortedBy(newestFirst, (candidate) => validityOf(candidate).from);
  const reach = maxOffsetSeconds === null ? Infinity : maxOffsetSeconds * 1000;
  return (target: TimeRange): AssociationCandidate | undefined => {
    const last = before ? ends.lastBelow(target.from) : undefined;
    const first = after ? begins.firstAbove(target.to) : undefined;
    const found = [
      ...(last === undefined ? [] : [{ candidate: last, gap: target.from - validityOf(last).to }]),
      ...(first === undefined ? [] : [{ candidate: first, gap: validityOf(first).from - target.to }]),
    ].filter(({ gap }) => gap <= reach);
    return found.sort((a, b) => a.gap - b.gap || byNewest(a.candidate, b.candidate))[0]?.candidate;
  };
}

function interpolatingChooser(
  { maxOffsetSeconds, warnOffsetSeconds }: Association,
  newestFirst: readonly AssociationCandidate[],
): Chooser {
  const placed = newestFirst.filter((candidate) => Number.isFinite(middleOf(validityOf(candidate))));
  const middles = sortedBy(placed, (candidate) => middleOf(validityOf(candidate)));
  const reach = maxOffsetSeconds === null ? Infinity : maxOffsetSeconds * 1000;
  return (target) => {
    if (target === null) return missing('no_time');
    const middle = middleOf(target);
    const within = (candidate: AssociationCandidate | undefined): AssociationCandidate | undefined =>
      candidate !== undefined && Math.abs(middleOf(validityOf(candidate)) - middle) <= reach
        ? candidate
        : undefined;
    const exact = middles.at(middle);
    if (exact !== undefined)
      return onlyChoice({ candidate: exact, method: 'nearest', target, warnOffsetSeconds });
    const [before, after] = [within(middles.lastBelow(middle)), within(middles.firstAbove(middle))];
    if (before !== undefined && after !== undefined)
      return interpolatedChoice([before, after], target, warnOffsetSeconds);
    const candidate = before ?? after;
    if (candidate === undefined) return missing('none_found');
    return onlyChoice({ candidate, method: 'extrapolated', target, warnOffsetSeconds });
  };
}

/** Candidates in the order of one of their times; of those with the same time, the newest is found. */
function sortedBy(
  newestFirst: readonly AssociationCandidate[],
  timeOf: (candidate: AssociationCandidate) => number,
) {
  // Stable, from the oldest on: the newest of the same time comes last.
  const sorted = [...newestFirst].reverse().sort((a, b) => compare(timeOf(a), timeOf(b)));
  const times = sorted.map(timeOf);
  const lastNotAbove = (time: number): AssociationCandidate | undefined =>
    sorted[firstAbove(times, time) - 1];
  return {
    lastBelow: (time: number): AssociationCandidate | undefined => sorted[firstFrom(times, time) - 1],
    at: (time: number): AssociationCandidate | undefined =>
      times[firstFrom(times, time)] === time ? lastNotAbove(time) : undefined,
    firstAbove(time: number): AssociationCandidate | undefined {
      const found = times[firstAbove(times, time)];
      return found === undefined ? undefined : lastNotAbove(found);
    },
  };
}

/** Infinities of the same sign are equal, which their difference is not. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
