import type { Filter } from '../filter/filter.js';
import type { DeriveRule } from '../sky/derive-rule.js';
import type { GroupByTerm } from './group-by-term.js';

/** How the members of a step become sub-groups; `terms` part them first, whatever the kind. */
export type GroupingRule = ByRule | ClusterRule | WindowRule | SplitRule | ItemRule;

export interface ByRule {
  readonly kind: 'by';
  readonly terms: readonly GroupByTerm[];
}

/** The dimension that tells the items of one observation apart, and which values of it belong to a complete one. */
export interface Slots {
  readonly dim: string;
  /** Null when any `count` different values will do. */
  readonly values: readonly string[] | null;
  readonly count: number;
  /** So many different ones make an observation. */
  readonly minimum: number;
}

export const ON_MISSING = ['accept', 'wait', 'refuse'] as const;
export const ON_DUPLICATE = ['last', 'first', 'error'] as const;

/** Items of one observation whose clocks jitter. */
export interface ClusterRule {
  readonly kind: 'cluster';
  readonly terms: readonly GroupByTerm[];
  readonly toleranceSeconds: number;
  readonly slots: Slots;
  /** What becomes of an observation that has at least the minimum, but not all. */
  readonly onMissing: (typeof ON_MISSING)[number];
  readonly onDuplicate: (typeof ON_DUPLICATE)[number];
  /** Quiet time after which nothing more is expected; null judges what is there at once. */
  readonly closeAfterSeconds: number | null;
}

/** Runs of `size` items in order of time, beginning every `step` items. */
export interface WindowRule {
  readonly kind: 'window';
  readonly terms: readonly GroupByTerm[];
  readonly size: number;
  readonly step: number;
  readonly maxGapSeconds: number | null;
  readonly maxSpanSeconds: number | null;
}

/** Where a class or an order is read from: a dimension or a value in the metadata. */
export type ValueSource =
  | { readonly kind: 'dim'; readonly name: string }
  | { readonly kind: 'metadata'; readonly path: readonly string[] };

export type Partition =
  | { readonly kind: 'none' }
  /** The first case that an item matches is its class. */
  | { readonly kind: 'cases'; readonly cases: readonly { readonly label: string; readonly when: Filter }[] }
  /** A class for each value; an item with a list of values is in several. */
  | { readonly kind: 'values'; readonly source: ValueSource; readonly separator: string | null };

export const SPLIT_METHODS = ['interleave', 'random'] as const;

/** Classes of items, each dealt in chunks to `n` splits. */
export interface SplitRule {
  readonly kind: 'split';
  readonly terms: readonly GroupByTerm[];
  /** Rules of dims that are computed for each item before its class is asked for. */
  readonly derive: readonly DeriveRule[];
  readonly partition: Partition;
  readonly orderBy: 'obs_time' | ValueSource;
  readonly chunk: number;
  readonly n: number;
  readonly method: (typeof SPLIT_METHODS)[number];
  readonly seed: number;
}

/** Every item on its own, `bundle` of them to a run. */
export interface ItemRule {
  readonly kind: 'item';
  readonly terms: readonly GroupByTerm[];
  readonly bundle: number;
}

export const GROUPING_LIMITS = {
  slots: 1_000,
  cases: 100,
  derive: 16,
  windowSize: 10_000,
  splits: 1_000,
  chunk: 1_000_000,
  bundle: 10_000,
  labelLength: 100,
} as const;

/** Dimensions that the kinds themselves give to a sub-group. */
export const KIND_DIMS: Readonly<Record<GroupingRule['kind'], readonly string[]>> = {
  by: [],
  cluster: ['cluster'],
  window: ['window'],
  split: ['case', 'split'],
  item: ['shard'],
};
