import type { Filter } from '../filter/filter.js';
import type { ProductType } from '../output/product-type.js';
import type { Dims } from '../shared/json.js';

/**
 * How one of several candidates is chosen.
 *
 * | policy | chooses |
 * |---|---|
 * | `covering` | of those whose validity holds the sub-group's whole time, the one that begins last: a later epoch replaces an earlier one |
 * | `newest` | of those, the one registered last: a better solution of the same epoch replaces the one before |
 * | `nearest` | the newest of those; otherwise the one with the smallest gap between its validity and the sub-group |
 * | `interpolate` | the last one before and the first one after, by the middles of their validities, each with its weight |
 */
export const ASSOCIATION_POLICIES = ['nearest', 'newest', 'covering', 'interpolate'] as const;
export type AssociationPolicy = (typeof ASSOCIATION_POLICIES)[number];

/** Products of a step, of the run that each of its sub-groups offers now. */
export interface ProducerStep {
  /** Null is the pipeline of the step that has the association. */
  readonly pipeline: string | null;
  readonly step: string;
  readonly types: readonly ProductType[];
}

/** A further input that a rule binds to every sub-group of a step: a calibration, a dark, a reference. */
export interface Association {
  /** Of the binding: the folder that the program finds it in. */
  readonly name: string;
  /** Which items may be chosen; null for every product of `from`. */
  readonly select: Filter | null;
  readonly from: ProducerStep | null;
  readonly policy: AssociationPolicy;
  /** Farthest that may be chosen, inclusive; null is any distance (for `newest`: covering only). */
  readonly maxOffsetSeconds: number | null;
  /** What is chosen from farther away than this is marked as far. */
  readonly warnOffsetSeconds: number | null;
  /** Dimensions in which it must agree with the sub-group. */
  readonly same: readonly string[];
  /** Whether what ends before the sub-group begins, or begins after it ends, may be chosen. */
  readonly before: boolean;
  readonly after: boolean;
  readonly isRequired: boolean;
  /** How long after the sub-group's last member a producer at work is waited for; null does not wait. */
  readonly awaitSeconds: number | null;
}

/** An item that may be chosen. Times in milliseconds since 1970; its validity is inclusive at both ends, null is open. */
export interface AssociationCandidate {
  readonly itemId: number;
  readonly contentHash: string;
  readonly dims: Dims;
  readonly validFromMs: number | null;
  readonly validToMs: number | null;
  readonly registeredAtMs: number;
}

/** What a choice depends on in a sub-group: the dimensions that its members agree on and the range of their times. */
export interface AssociationTarget {
  readonly dims: Dims;
  readonly timeFromMs: number | null;
  readonly timeToMs: number | null;
}

export const ASSOCIATION_ROLES = ['only', 'before', 'after'] as const;
export type AssociationRole = (typeof ASSOCIATION_ROLES)[number];

export const ASSOCIATION_METHODS = ['covering', 'newest', 'nearest', 'interpolated', 'extrapolated'] as const;
export type AssociationMethod = (typeof ASSOCIATION_METHODS)[number];

export interface ChosenItem {
  readonly itemId: number;
  readonly contentHash: string;
  readonly role: AssociationRole;
  readonly method: AssociationMethod;
  /** From the middle of the sub-group to the middle of the validity; negative is before. */
  readonly offsetSeconds: number;
  readonly weight: number;
}

/** Why there is none: the sub-group has no value of a dimension of `same`, or no time; or no candidate will do. */
export type MissingReason = 'no_such_dim' | 'no_time' | 'none_found';

export type AssociationChoice =
  | {
      readonly kind: 'chosen';
      readonly items: readonly ChosenItem[];
      /** Farther away than `warnOffsetSeconds`. */
      readonly isFar: boolean;
    }
  | { readonly kind: 'missing'; readonly reason: MissingReason };
