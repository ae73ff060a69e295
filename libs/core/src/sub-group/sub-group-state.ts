/**
 * What is to be said of one sub-group of one step: the answer to "what is missing, and why?".
 * The trigger, `GET /gaps` and the command line read the same column, so they cannot disagree.
 */
export const SUB_GROUP_STATES = [
  'current',
  'missing',
  'stale',
  'incomplete',
  'blocked',
  'settling',
  'cooling_down',
  'running',
  'failed',
  'waived',
  'paused',
] as const;
export type SubGroupState = (typeof SUB_GROUP_STATES)[number];

/** Why a sub-group that has a result needs another one. */
export const STALE_CAUSES = [
  'input_added',
  'input_removed',
  'input_changed',
  'software',
  'config',
  'upstream_remade',
  'calibration_superseded',
  'forced',
] as const;
export type StaleCause = (typeof STALE_CAUSES)[number];
