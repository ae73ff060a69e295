import type { Json, JsonObject } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { planExpectation, planFilter, planGroupBy, planInputs, planMaxWait } from './plan-rules.js';

/** What a history begins with, and what happens in it: plain data, so that a part of it can be played again. */
export interface History {
  readonly seed: number;
  /** Filters may say `within_last`: then the clock stands still. */
  readonly isClockFixed: boolean;
  readonly pipelines: readonly PipelinePlan[];
  readonly actions: readonly Action[];
}

export interface PipelinePlan {
  readonly filter: Json;
  readonly trigger: 'CONTINUOUS' | 'MANUAL';
  readonly steps: readonly StepPlan[];
}

export interface StepPlan {
  readonly groupBy: readonly Json[] | JsonObject;
  /** Positions of the steps before it that it takes from. */
  readonly dependsOn: readonly number[];
  readonly inputs: JsonObject;
  readonly upstreamPolicy: 'all_current' | 'available';
  readonly minMembers: number;
  readonly settleSeconds: number;
  readonly cooldownSeconds: number;
  readonly expect: JsonObject | null;
  readonly maxWaitSeconds: number | null;
}

/** What a writer does, and how likely it is. */
export const CHANGE_WEIGHTS = {
  'register files': 14,
  'register again': 6,
  'attach file': 4,
  'register package': 5,
  'move package': 6,
  'replace package content': 2,
  'finish observation': 4,
  'change dims': 6,
  'retire or revive item': 5,
  'delete item': 2,
  'edit source': 2,
  'edit observation unit': 2,
  'advance run': 3,
  'complete run': 22,
  'fail run': 5,
  'cancel run': 3,
  'retry run': 3,
  'waive or take back': 3,
  'force sub-groups': 2,
  'ask for runs': 4,
  'edit filter': 3,
  'close grouping': 3,
  'edit step': 6,
  'edit dependencies': 3,
  'add pipeline': 1,
  'pause or resume': 5,
  kill: 3,
  'look at kills': 2,
  'lift kill': 4,
  'end cancelled run': 5,
} as const;
export type ChangeName = keyof typeof CHANGE_WEIGHTS;

export type Ending = 'commit' | 'hold' | 'roll back';

export type Action =
  | {
      readonly kind: 'change';
      readonly change: ChangeName;
      readonly writer: number;
      readonly seed: number;
      readonly ending: Ending;
    }
  | { readonly kind: 'end'; readonly writer: number; readonly ending: Exclude<Ending, 'hold'> }
  /** One tick of one evaluator, or of both at once. */
  | { readonly kind: 'evaluate'; readonly evaluators: readonly number[] }
  /** A tick of each evaluator, one after the other; then everything is compared. */
  | { readonly kind: 'check'; readonly evaluators: readonly number[] }
  /** An evaluator is replaced by one that remembers nothing. */
  | { readonly kind: 'restart'; readonly evaluator: number }
  | { readonly kind: 'wait'; readonly seconds: number };

export const WRITERS = 3;
export const EVALUATORS = 2;

const ACTIONS = 24;
const ACTION_WEIGHTS = { change: 62, end: 10, evaluate: 10, check: 12, restart: 1, wait: 5 } as const;

/** The history of a seed. */
export function planHistory(seed: number): History {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b);
  const isClockFixed = random.chance(0.25);
  const pipelines = Array.from({ length: random.chance(0.15) ? 2 : 1 }, () =>
    planPipeline(random, isClockFixed),
  );
  // Something is there before the first evaluation more often than not.
  const first: Action[] = [1, 2].map((seedOffset) => ({
    kind: 'change',
    change: 'register files',
    writer: 0,
    seed: seed + seedOffset,
    ending: 'commit',
  }));
  const actions = [...first, ...Array.from({ length: ACTIONS }, () => planAction(random, isClockFixed))];
  return { seed, isClockFixed, pipelines, actions };
}

function planAction(random: Random, isClockFixed: boolean): Action {
  const kind = random.weighted(ACTION_WEIGHTS);
  const writer = random.whole(0, WRITERS - 1);
  const order = random.chance(0.5) ? [0, 1] : [1, 0];
  switch (kind) {
    case 'change':
      return {
        kind,
        change: random.weighted(CHANGE_WEIGHTS),
        writer,
        seed: random.whole(0, 2 ** 31),
        ending: random.weighted({ commit: 62, hold: 32, 'roll back': 6 }),
      };
    case 'end':
      return { kind, writer, ending: random.chance(0.8) ? 'commit' : 'roll back' };
    case 'evaluate':
      return { kind, evaluators: random.chance(0.4) ? order : order.slice(0, 1) };
    case 'check':
      return { kind, evaluators: order };
    case 'restart':
      return { kind, evaluator: order[0] ?? 0 };
    case 'wait':
      return { kind, seconds: isClockFixed ? 0 : random.pick([30, 120, 600, 3600, 7200]) };
  }
}

export function planPipeline(random: Random, isClockFixed: boolean): PipelinePlan {
  const count = random.pick([1, 1, 2, 2, 3, 4]);
  return {
    filter: planFilter(random, isClockFixed),
    trigger: random.chance(0.8) ? 'CONTINUOUS' : 'MANUAL',
    steps: Array.from({ length: count }, (_, position) => planStep(random, position)),
  };
}

function planStep(random: Random, position: number): StepPlan {
  const earlier = Array.from({ length: position }, (_, index) => index);
  const dependsOn = random.chance(0.75) ? earlier.slice(-1) : earlier.filter(() => random.chance(0.5));
  return {
    groupBy: planGroupBy(random),
    dependsOn,
    inputs: planInputs(random),
    upstreamPolicy: random.chance(0.7) ? 'all_current' : 'available',
    minMembers: random.chance(0.8) ? 1 : 2,
    settleSeconds: random.chance(0.8) ? 0 : 600,
    cooldownSeconds: random.chance(0.8) ? 0 : 3600,
    expect: planExpectation(random),
    maxWaitSeconds: planMaxWait(random),
  };
}
