export const RUN_STATUSES = [
  'PENDING',
  'STAGING_DATA',
  'SUBMITTING',
  'SUBMITTED',
  'RUNNING',
  'COLLECTING_RESULTS',
  'COMPLETED',
  'COMPLETED_WITH_WARNINGS',
  'FAILED',
  'CANCELLED',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/**
 * The whole life of a run. docs/run-states.md is generated from this table, and the database holds the same one
 * in `run_transition`, which a test compares with it.
 *
 * SUBMITTING → STAGING_DATA does not exist on purpose: once the intent is committed, an unknown outcome is
 * reconciled, never staged again. SUBMITTED → COLLECTING_RESULTS is a job too short to be seen running.
 * FAILED → PENDING is a retry: the same run, its next attempt.
 */
export const RUN_TRANSITIONS = {
  PENDING: ['STAGING_DATA', 'FAILED', 'CANCELLED'],
  STAGING_DATA: ['SUBMITTING', 'PENDING', 'FAILED', 'CANCELLED'],
  SUBMITTING: ['SUBMITTED', 'FAILED', 'CANCELLED'],
  SUBMITTED: ['RUNNING', 'COLLECTING_RESULTS', 'FAILED', 'CANCELLED'],
  RUNNING: ['COLLECTING_RESULTS', 'FAILED', 'CANCELLED'],
  COLLECTING_RESULTS: ['COMPLETED', 'COMPLETED_WITH_WARNINGS', 'FAILED', 'CANCELLED'],
  COMPLETED: [],
  COMPLETED_WITH_WARNINGS: [],
  FAILED: ['PENDING'],
  CANCELLED: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>;

/** Statuses in which a run holds its sub-group: no second run may start. */
export const ACTIVE_STATUSES = [
  'PENDING',
  'STAGING_DATA',
  'SUBMITTING',
  'SUBMITTED',
  'RUNNING',
  'COLLECTING_RESULTS',
] as const satisfies readonly RunStatus[];

export const SUCCESSFUL_STATUSES = [
  'COMPLETED',
  'COMPLETED_WITH_WARNINGS',
] as const satisfies readonly RunStatus[];

/** Finished for now: a FAILED run may still be retried by a person, the others are absorbing. */
export const isFinished = (status: RunStatus): boolean =>
  !(ACTIVE_STATUSES as readonly RunStatus[]).includes(status);
