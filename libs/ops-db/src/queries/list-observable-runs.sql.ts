import { sql, type JobId } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** A run whose job is somewhere at its site. */
export interface ObservableRun {
  readonly runId: number;
  readonly attempt: number;
  readonly status: 'SUBMITTED' | 'RUNNING';
  readonly jobId: JobId;
  /** The attempt's directory, relative to the location's base path. */
  readonly directory: string;
  readonly waitingReason: string | null;
  readonly isCancelRequested: boolean;
}

/** Every SUBMITTED or RUNNING run of a location with its newest attempt's job, oldest run first. Locks nothing. */
export const listObservableRuns = (
  manager: EntityManager,
  { locationId }: { locationId: number },
): Promise<ObservableRun[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", run.attempt, run.status, attempt.job_id AS "jobId", attempt.directory, run.waiting_reason AS "waitingReason",
           run.cancel_requested_at IS NOT NULL AS "isCancelRequested"
    FROM run JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
    WHERE run.status IN ('SUBMITTED', 'RUNNING') AND run.location_id = ${locationId} AND attempt.job_id IS NOT NULL
    ORDER BY run.id
  `,
  );
