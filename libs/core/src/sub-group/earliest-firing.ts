import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { SubGroupState } from './sub-group-state.js';

/** What must happen before a sub-group gets its next run. */
export const FIRING_NEEDS = [
  'nothing',
  'time',
  'inputs',
  'upstream',
  'producer',
  'run',
  'schedule',
  'person',
  'change',
] as const;
export type FiringNeed = (typeof FIRING_NEEDS)[number];

/** What decides when a sub-group can fire. Times in milliseconds since 1970. */
export interface FiringFacts {
  readonly state: SubGroupState;
  readonly detail: JsonObject;
  readonly until: number | null;
  readonly isRetired: boolean;
  /** Somebody wants its runs: the pipeline is CONTINUOUS, or a request that selects it is open. */
  readonly isAsked: boolean;
  /** Of a CRON pipeline. */
  readonly nextDueAt: number | null;
  readonly settleSeconds: number;
  readonly lastMemberAt: number | null;
  /** When its cooldown ends; null when it never fired. */
  readonly cooledAt: number | null;
}

export interface EarliestFiring {
  readonly needs: FiringNeed;
  /** The earliest time of a run, if what it needs comes at once; null when that takes a person, or nothing is wanted. */
  readonly earliest: number | null;
  /** When it gets one though nothing more comes: time alone. */
  readonly unaided: number | null;
}

/**
 * When a sub-group can fire at the earliest.
 *
 * Of what others do (an upstream run, a file that is awaited) nobody knows when it comes, so it is taken to come now: the time is
 * a lower bound. What waits for a person has none.
 */
export function earliestFiring(facts: FiringFacts, now: number): EarliestFiring {
  const needs = needOf(facts);
  switch (needs) {
    case 'person':
    case 'change':
      return { needs, earliest: null, unaided: null };
    case 'nothing':
    case 'time':
    case 'schedule': {
      const at = whenAsked(facts, Math.max(now, facts.until ?? now, facts.cooledAt ?? now));
      return { needs, earliest: at, unaided: at };
    }
    case 'inputs':
    case 'producer':
      return {
        needs,
        earliest: whenAsked(facts, afterArrival(facts, now)),
        unaided:
          facts.until === null || !mayExpireToRun(facts) ? null : whenAsked(facts, afterWait(facts, now)),
      };
    case 'upstream':
    case 'run':
      return { needs, earliest: whenAsked(facts, afterArrival(facts, now)), unaided: null };
  }
}

function needOf({ state, detail, isRetired, isAsked, nextDueAt }: FiringFacts): FiringNeed {
  if (isRetired) return 'person';
  switch (state) {
    case 'current':
      return 'change';
    case 'missing':
    case 'stale':
      return isAsked ? 'nothing' : nextDueAt === null ? 'person' : 'schedule';
    case 'settling':
    case 'cooling_down':
      return isAsked || nextDueAt !== null ? 'time' : 'person';
    case 'incomplete':
      return needsDecision(detail) ? 'person' : 'inputs';
    case 'blocked':
      return needOfBlocked(detail);
    case 'running':
      return 'run';
    case 'failed':
    case 'waived':
    case 'paused':
      return 'person';
  }
}

const UNDECIDED: readonly Json[] = ['ambiguous', 'refused'];

/** What lacks a dimension, or is refused or ambiguous, does not get better by waiting. */
const needsDecision = (detail: JsonObject): boolean =>
  Array.isArray(detail['missing_dims']) || UNDECIDED.includes(detail['form'] ?? null);

/** States of upstream sub-groups that nothing but a person moves on. */
const STUCK: readonly Json[] = ['failed', 'paused'];

function needOfBlocked(detail: JsonObject): FiringNeed {
  const { blocked_by: blockedBy, associations } = detail;
  if (Array.isArray(blockedBy))
    return blockedBy.some((entry: Json) => isJsonObject(entry) && STUCK.includes(entry['state'] ?? null))
      ? 'person'
      : 'upstream';
  return isJsonObject(associations) &&
    isJsonObject(associations['awaiting']) &&
    !Array.isArray(associations['missing'])
    ? 'producer'
    : 'inputs';
}

/** After its maximal wait a sub-group is run as it is; an observation that closes may be refused then. */
const mayExpireToRun = ({ detail }: FiringFacts): boolean => detail['form'] === undefined;

/** What arrives now starts the quiet time anew. */
const afterArrival = ({ settleSeconds, cooledAt, state }: FiringFacts, now: number): number =>
  Math.max(now + (state === 'incomplete' ? settleSeconds * 1000 : 0), cooledAt ?? now);

const afterWait = ({ until, settleSeconds, lastMemberAt, cooledAt }: FiringFacts, now: number): number =>
  Math.max(
    now,
    until ?? now,
    cooledAt ?? now,
    lastMemberAt === null ? now : lastMemberAt + settleSeconds * 1000,
  );

/** Runs of a pipeline with a schedule are made at its due times; of one that nobody asks for, never. */
const whenAsked = ({ isAsked, nextDueAt }: FiringFacts, at: number): number | null => {
  if (isAsked) return at;
  return nextDueAt === null ? null : Math.max(at, nextDueAt);
};
