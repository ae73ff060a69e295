import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface StagedAttempt {
  readonly runId: number;
  readonly attempt: number;
  readonly token: string;
  /** Relative to the location's base path. */
  readonly directory: string;
}

export interface IntentRequest {
  readonly actor: string;
  readonly leaseOwner: string;
  readonly leaseSeconds: number;
  readonly attempts: readonly StagedAttempt[];
}

/**
 * Commits the intent to submit: STAGING_DATA → SUBMITTING together with the attempt rows. Returns the runs that may be submitted now.
 *
 * A run that is missing from the answer (its lease was lost, or its cancellation asked for) must not be submitted:
 * the row, not the caller's memory, says who may. Once this is committed an unknown outcome is looked up, never repeated blindly.
 */
export const recordIntent = async (manager: EntityManager, request: IntentRequest): Promise<number[]> => {
  if (request.attempts.length === 0) return [];
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH staged AS (
      SELECT run.id, given.attempt, given.token, given.directory
      FROM unnest(
        ${request.attempts.map((attempt) => attempt.runId)}::bigint[],
        ${request.attempts.map((attempt) => attempt.attempt)}::integer[],
        ${request.attempts.map((attempt) => attempt.token)}::text[],
        ${request.attempts.map((attempt) => attempt.directory)}::text[]
      ) AS given (run_id, attempt, token, directory)
      JOIN run ON run.id = given.run_id AND run.attempt + 1 = given.attempt
      WHERE run.status = 'STAGING_DATA' AND run.lease_owner = ${request.leaseOwner} AND run.cancel_requested_at IS NULL
      ORDER BY run.id
      FOR UPDATE OF run
    ), moved AS (
      UPDATE run
      SET status = 'SUBMITTING', attempt = staged.attempt,
          lease_expires_at = now() + make_interval(secs => ${request.leaseSeconds}),
          changed_at = now(), moved_by = ${request.actor}::text, moved_why = 'staged'
      FROM staged
      WHERE run.id = staged.id
      RETURNING run.id, staged.attempt, staged.token, staged.directory, run.cpus, run.memory_mb, run.walltime_minutes
    )
    INSERT INTO attempt (run_id, number, token, directory, cpus, memory_mb, walltime_minutes)
    SELECT id, attempt, token, directory, cpus, memory_mb, walltime_minutes FROM moved
    RETURNING run_id AS id
  `,
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
};
