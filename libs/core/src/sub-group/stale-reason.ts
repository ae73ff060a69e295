import { STALE_CAUSES } from './sub-group-state.js';

/**
 * Why a product, or a row, is not what would be made today: what its sub-group says of its recipe and inputs, and what can only be said of
 * results. Neither whether a file is there nor any time is among them.
 */
export const STALE_REASONS = [
  ...STALE_CAUSES,
  /** A newer run of its sub-group has made another in its place. */
  'superseded',
  /** What feeds its sub-group is being made, failed, or is itself not current: its inputs are going to change. */
  'upstream_not_current',
  /** Its recipe and inputs are what they should be, but some product that it was made from, or what that was made from, is stale. */
  'made_from_stale',
] as const;
export type StaleReason = (typeof STALE_REASONS)[number];
