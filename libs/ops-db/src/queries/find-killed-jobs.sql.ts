import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { isoTime } from './iso-time.js';

/** A run whose token a job at a site bears. */
export interface JobRun {
  readonly runId: number;
  readonly attempt: number;
  readonly pipelineId: number;
  readonly pipeline: string;
  /** ISO 8601: since when its attempt runs, or waits at the site; null for an attempt that is not known. */
  readonly since: string | null;
}

/** The runs behind these tokens, those that the database knows. */
export const findKilledJobs = (
  manager: EntityManager,
  jobs: readonly { readonly runId: number; readonly attempt: number }[],
): Promise<JobRun[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", given.attempt, pipeline.id AS "pipelineId", pipeline.name AS pipeline,
           ${isoTime('coalesce(attempt.started_at, attempt.submitted_at, attempt.intended_at)')} AS since
    FROM (SELECT DISTINCT * FROM unnest(${jobs.map((job) => job.runId)}::bigint[], ${jobs.map((job) => job.attempt)}::integer[])
          AS token (run_id, attempt)) AS given
    JOIN run ON run.id = given.run_id JOIN pipeline ON pipeline.id = run.pipeline_id
    LEFT JOIN attempt ON attempt.run_id = given.run_id AND attempt.number = given.attempt
  `,
  );
