/** The life of one version of a product on its way to the public. */
export const PUBLICATION_STATES = [
  'staged',
  'eligible',
  'publishing',
  'published',
  'rejected',
  'failed',
  'withdrawn',
] as const;
export type PublicationState = (typeof PUBLICATION_STATES)[number];

/**
 * The whole life of a publication; the database holds the same table in `publication_transition`, which a test compares with it.
 *
 * The gate is looked at in the moves out of `staged` and into `publishing`, in the transaction of the move: what was good when it
 * was staged may have been judged since. `rejected` and `failed` may be staged again by a person; `withdrawn` is the end: what is
 * to replace it is another version.
 */
export const PUBLICATION_TRANSITIONS = {
  staged: ['eligible', 'rejected'],
  eligible: ['publishing', 'rejected'],
  publishing: ['published', 'eligible', 'failed'],
  published: ['withdrawn'],
  rejected: ['staged'],
  failed: ['staged'],
  withdrawn: [],
} as const satisfies Record<PublicationState, readonly PublicationState[]>;
