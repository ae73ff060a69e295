import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface JobToCancel {
  readonly runId: number;
  readonly locationId: number;
  readonly jobId: string;
}

/**
 * Jobs of SUBMITTED and RUNNING runs that were asked to stop, oldest first, without `exceptRunIds`: those the caller just told the scheduler about.
 *
 * They stay in the list until the result-manager sees their jobs end: only then is such a run CANCELLED.
 */
export const listCancellations = (
  manager: EntityManager,
  request: { locationIds: readonly number[]; exceptRunIds: readonly number[]; limit: number },
): Promise<JobToCancel[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", run.location_id AS "locationId", attempt.job_id AS "jobId"
    FROM run JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
    WHERE run.cancel_requested_at IS NOT NULL AND run.finished_at IS NULL AND run.status IN ('SUBMITTED', 'RUNNING')
      AND run.location_id = ANY(${request.locationIds}::bigint[]) AND attempt.job_id IS NOT NULL
      AND run.id <> ALL(${request.exceptRunIds}::bigint[])
    ORDER BY run.id
    LIMIT ${request.limit}
  `,
  );
