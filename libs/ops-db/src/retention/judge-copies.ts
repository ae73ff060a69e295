import {
  DomainError,
  globRegex,
  keepOf,
  KEEP_FOR_EVER,
  parseRetention,
  readStored,
  type Keep,
  type PurgeCandidate,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { loadPurgeFacts, type PurgeFacts, type Taker } from '../queries/retention/load-purge-facts.sql.js';
import { loadTakers, type TakerRow } from '../queries/retention/load-takers.sql.js';
import { takenProductTypes } from '../gap/step-selection.js';

/** A copy with all that decides about it. */
export interface JudgedCopy {
  readonly facts: PurgeFacts;
  readonly candidate: PurgeCandidate;
}

/**
 * These copies, in the order in which they would go: least used first among those that were looked at together, and oldest first. What a
 * disk shows is not among the facts: `isInsideBase` is looked at when the bytes go.
 */
export async function judgeCopies(
  manager: EntityManager,
  { copyIds, isLocking }: { copyIds: readonly number[]; isLocking: boolean },
): Promise<JudgedCopy[]> {
  if (copyIds.length === 0) return [];
  const takers = (await loadTakers(manager)).map(takerOf);
  const all = await loadPurgeFacts(manager, { copyIds, takers, isLocking });
  return all
    .map((facts) => ({ facts, candidate: candidateOf(facts) }))
    .sort((a, b) => a.facts.uses - b.facts.uses || a.facts.copyId - b.facts.copyId);
}

const takerOf = ({ stepId, upstreamId, inputs }: TakerRow): Taker => ({
  stepId,
  upstreamId,
  types: takenProductTypes(inputs),
  pattern: typeof inputs['pattern'] === 'string' ? globRegex(inputs['pattern']) : null,
});

function candidateOf(facts: PurgeFacts): PurgeCandidate {
  const { copyId, bytes, isRaw, isCalibration, isResultTable, isPublished, isRecordComplete } = facts;
  const { isNeededByRun, openDependents, hasDependents, ageDays, newerResults } = facts;
  return {
    ...{ copyId, bytes, isRaw, isCalibration, isResultTable, isPublished, isRecordComplete },
    ...{ isNeededByRun, openDependents, hasDependents, ageDays, newerResults },
    keep: keepFor(facts),
    isLog: facts.type === 'LOG',
    isInsideBase: true,
  };
}

function keepFor({ type, retention }: PurgeFacts): Keep {
  if (type === null || retention === null) return KEEP_FOR_EVER;
  try {
    return keepOf(readStored({ retention }, parseRetention), type);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // What cannot be read any more allows nothing.
    return KEEP_FOR_EVER;
  }
}
