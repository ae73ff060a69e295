/** What a kill stops, from one run to everything that this installation does. */
export const KILL_SCOPES = ['run', 'pipeline', 'location', 'everything'] as const;
export type KillScope = (typeof KILL_SCOPES)[number];

export type KillTarget =
  | { readonly scope: 'run'; readonly runId: number }
  | { readonly scope: 'pipeline'; readonly pipelineId: number }
  | { readonly scope: 'location'; readonly locationId: number }
  | { readonly scope: 'everything' };

/** A job that a site has, as far as its name and the database tell. */
export interface LocatedJob {
  readonly locationId: number;
  /** From its token, so that a job of an earlier attempt and a second copy count for their run. */
  readonly runId: number;
  /** Null when the database does not know the run: then the job can be told to no pipeline. */
  readonly pipelineId: number | null;
}

/** Whether a kill has to stop this job. */
export function isInScope(target: KillTarget, job: LocatedJob): boolean {
  switch (target.scope) {
    case 'run':
      return job.runId === target.runId;
    case 'pipeline':
      return job.pipelineId === target.pipelineId;
    case 'location':
      return job.locationId === target.locationId;
    case 'everything':
      return true;
  }
}

const KILL_ACTOR = /^kill:\d+$/;

/** How a kill of more than one run is named where it cancelled one. */
export const killActor = (killId: number): string => `kill:${killId}`;

/**
 * True when a kill, not a person's word about this very run, cancelled it.
 *
 * The difference matters afterwards: a run that a person cancelled is not wanted, its sub-group counts as waived and what follows
 * goes on without it. A run that fell with its pipeline is still wanted once the pipeline goes on.
 */
export const isKillActor = (actor: string | null): boolean => actor !== null && KILL_ACTOR.test(actor);
