/** Why a run failed. `docs/run-states.md` explains each; RETRY_RULES says what happens next. */
export const FAILURE_CLASSES = [
  'INFRASTRUCTURE',
  'MEMORY',
  'WALLTIME',
  'STAGING',
  'SOFTWARE',
  'BAD_DATA',
  'TRANSIENT',
  'CONTRACT',
  'COLLECTION',
  'CANCELLED_EXTERNALLY',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** For people: docs/run-states.md shows it, `retry-policy.ts` does it. */
export const FAILURE_CLASS_MEANING: Readonly<
  Record<FailureClass, { readonly meaning: string; readonly retry: string }>
> = {
  INFRASTRUCTURE: {
    meaning:
      'the node failed, the job was preempted, the site could not be reached, no record could be written',
    retry: 'retried as it is, with back-off',
  },
  MEMORY: {
    meaning: 'the job needed more memory than it had asked for',
    retry: "retried with twice the memory, up to the step's cap",
  },
  WALLTIME: {
    meaning: 'the job ran into its time limit',
    retry: "retried with 1.5 times the time, up to the step's cap",
  },
  STAGING: {
    meaning: 'an input is missing or is not what was registered',
    retry: 'not retried: restore the file or register it again',
  },
  SOFTWARE: {
    meaning: 'the tool ended with an exit code that means nothing better',
    retry: 'not retried: the log says why',
  },
  BAD_DATA: {
    meaning: 'the tool says that its input cannot be reduced (exit code 65)',
    retry: 'not retried: replace the input or waive the sub-group',
  },
  TRANSIENT: {
    meaning: 'the tool asks to be tried again later (exit code 75)',
    retry: 'retried as it is, with back-off',
  },
  CONTRACT: {
    meaning: 'a promised output or metric is missing or invalid, although the tool said that all is well',
    retry: 'not retried: the tool breaks its promise',
  },
  COLLECTION: {
    meaning: 'the outputs or the record could not be read',
    retry: 'retried as it is, with back-off',
  },
  CANCELLED_EXTERNALLY: {
    meaning: 'somebody cancelled the job behind our back',
    retry: 'not retried: retry it by hand if it was a mistake',
  },
};
