import type { Keep } from './retention-rule.js';

/** Why a file stays; `undeletable`: it was to go, and its site did not let it. */
export const KEEP_REASONS = [
  'raw',
  'calibration',
  'log',
  'result_table',
  'published',
  'outside_base',
  'unverified_record',
  'needed_by_run',
  'downstream_open',
  'policy',
  'enough_is_free',
  'undeletable',
] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

/** One file at a location, with all that decides whether its bytes may go. */
export interface PurgeCandidate {
  readonly copyId: number;
  readonly bytes: number;
  readonly keep: Keep;
  readonly isRaw: boolean;
  /** Some step takes it as an associated input. */
  readonly isCalibration: boolean;
  readonly isLog: boolean;
  readonly isResultTable: boolean;
  readonly isPublished: boolean;
  /** Its path, every link resolved, lies below the location's base. */
  readonly isInsideBase: boolean;
  /** Size and checksum are known, and so is what it was made of. */
  readonly isRecordComplete: boolean;
  /** A run that is active or waits was given it. */
  readonly isNeededByRun: boolean;
  /** Sub-groups that take it and are not current, or whose result is not verified. */
  readonly openDependents: number;
  /** Whether any sub-group takes it, or has taken it. */
  readonly hasDependents: boolean;
  readonly ageDays: number;
  /** How many completed results of its sub-group are newer. */
  readonly newerResults: number;
}

export type PurgeDecision =
  | { readonly copyId: number; readonly bytes: number; readonly action: 'delete'; readonly reason: string }
  | { readonly copyId: number; readonly bytes: number; readonly action: 'keep'; readonly reason: KeepReason };

/** Bytes that a location holds, and where purging begins and ends. */
export interface WaterMarks {
  readonly usedBytes: number;
  readonly highBytes: number;
  readonly lowBytes: number;
}

/**
 * Decides about each candidate, in the order given (oldest and least used first): what may go goes until the location is at its
 * low-water mark. Below the high-water mark nothing goes.
 *
 * The reasons to keep are looked at from the gravest on: what is not to be purged at all is never called merely unneeded space.
 */
export function choosePurge(candidates: readonly PurgeCandidate[], marks: WaterMarks): PurgeDecision[] {
  let excess = marks.usedBytes >= marks.highBytes ? marks.usedBytes - marks.lowBytes : 0;
  return candidates.map((candidate) => {
    const { copyId, bytes } = candidate;
    const reason = reasonToKeep(candidate);
    if (reason !== null) return { copyId, bytes, action: 'keep', reason };
    if (excess <= 0) return { copyId, bytes, action: 'keep', reason: 'enough_is_free' };
    excess -= bytes;
    return { copyId, bytes, action: 'delete', reason: wordsOf(candidate.keep) };
  });
}

/** Null when the bytes may go as soon as room is wanted. */
export function reasonToKeep(candidate: PurgeCandidate): KeepReason | null {
  if (candidate.isRaw) return 'raw';
  if (candidate.isCalibration) return 'calibration';
  if (candidate.isLog) return 'log';
  if (candidate.isResultTable) return 'result_table';
  if (candidate.isPublished) return 'published';
  if (!candidate.isInsideBase) return 'outside_base';
  if (!candidate.isRecordComplete) return 'unverified_record';
  if (candidate.isNeededByRun) return 'needed_by_run';
  if (candidate.openDependents > 0) return 'downstream_open';
  return isOver(candidate) ? null : 'policy';
}

function isOver({ keep, ageDays, newerResults, hasDependents }: PurgeCandidate): boolean {
  switch (keep.kind) {
    case 'for_ever':
      return false;
    case 'days':
      return ageDays >= keep.days;
    case 'last':
      return newerResults >= keep.results;
    case 'until_downstream':
      // Without anything downstream nothing has come of it yet.
      return hasDependents;
  }
}

function wordsOf(keep: Keep): string {
  switch (keep.kind) {
    case 'for_ever':
      return 'never';
    case 'days':
      return `older than ${keep.days} days`;
    case 'last':
      return `${keep.results} newer results`;
    case 'until_downstream':
      return 'everything made of it is complete';
  }
}
