import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface Submission {
  readonly runId: number;
  readonly attempt: number;
  readonly jobId: string;
}

export interface SubmissionsRecord {
  readonly actor: string;
  /** For the event: submitted now, or found under its token. */
  readonly why: string;
  readonly submissions: readonly Submission[];
}

/**
 * SUBMITTING → SUBMITTED with the scheduler's job ids; leases are released. Returns the runs that moved.
 *
 * Idempotent, and independent of who holds the lease: a job id that is known is the truth, whoever learnt it. The first
 * id that is recorded for an attempt stays.
 */
export const recordSubmissions = async (
  manager: EntityManager,
  record: SubmissionsRecord,
): Promise<number[]> => {
  if (record.submissions.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH accepted AS (
      SELECT run.id, given.attempt, given.job_id
      FROM unnest(
        ${record.submissions.map((submission) => submission.runId)}::bigint[],
        ${record.submissions.map((submission) => submission.attempt)}::integer[],
        ${record.submissions.map((submission) => submission.jobId)}::text[]
      ) AS given (run_id, attempt, job_id)
      JOIN run ON run.id = given.run_id AND run.attempt = given.attempt
      WHERE run.status = 'SUBMITTING'
      ORDER BY run.id
      FOR UPDATE OF run
    ), submitted AS (
      UPDATE attempt SET job_id = accepted.job_id, submitted_at = now()
      FROM accepted
      WHERE attempt.run_id = accepted.id AND attempt.number = accepted.attempt
    )
    UPDATE run
    SET status = 'SUBMITTED', lease_owner = NULL, lease_expires_at = NULL, waiting_reason = NULL, changed_at = now(),
        moved_by = ${record.actor}::text, moved_why = ${record.why}::text || ' as job ' || accepted.job_id
    FROM accepted
    WHERE run.id = accepted.id
    RETURNING run.id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
