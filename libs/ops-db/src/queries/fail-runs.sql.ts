import type { FailureClass, Resources, RunStatus } from '@meridian/core';
import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import { retryRuns } from './retry-runs.sql.js';

/** One run that failed, and what core's `decideRetry` made of it: `retry` null leaves it FAILED. */
export interface RunFailure {
  readonly runId: number;
  readonly fromStatus: RunStatus;
  /** When given, a run that is at another attempt by now is left alone. */
  readonly attempt?: number;
  readonly failureClass: FailureClass;
  readonly reason: string;
  readonly retry: { readonly delaySeconds: number; readonly resources: Resources } | null;
}

export interface FailRunsRequest {
  readonly actor: string;
  /** When given, only runs that this owner still holds a lease on are failed. */
  readonly leaseOwner?: string;
  readonly failures: readonly RunFailure[];
}

/** Longest reason that is stored with a run; the attempt's log files have the rest. */
const MAX_REASON_LENGTH = 4000;

/**
 * Fails the runs that are still in `fromStatus`, and sends those with a retry back to PENDING, in one transaction.
 *
 * Returns how many runs it failed (retried ones included); the others had moved on and are left alone, so failing the same run twice
 * counts once. A run whose cancellation was asked for becomes CANCELLED instead, without a failure, and is never retried.
 * Leases are released. The attempt row gets class and reason too, unless the run failed before its attempt began (PENDING, STAGING_DATA).
 */
export async function failRuns(manager: EntityManager, request: FailRunsRequest): Promise<number> {
  if (request.failures.length === 0) return 0;
  return manager.transaction(async (transaction) => {
    const failed = await markFailed(transaction, request);
    const retryable = new Set(failed.filter((run) => run.status === 'FAILED').map((run) => run.id));
    const retries = request.failures.flatMap(({ runId, failureClass, retry }) =>
      retry !== null && retryable.has(runId) ? [{ runId, failureClass, ...retry }] : [],
    );
    await retryRuns(transaction, { actor: request.actor, retries });
    return failed.length;
  });
}

/** PostgreSQL's text cannot hold NUL, and a failure must be storable whatever a tool printed. */
const storable = (reason: string): string => reason.replaceAll('\0', '�').slice(0, MAX_REASON_LENGTH);

/** Rows are locked in the order of their ids, so two daemons that fail the same runs cannot deadlock. */
const markFailed = (
  manager: EntityManager,
  { actor, leaseOwner, failures }: FailRunsRequest,
): Promise<{ id: number; status: RunStatus }[]> =>
  queryRows(
    manager,
    sql`
    WITH failure AS (
      SELECT * FROM unnest(
        ${failures.map((failure) => failure.runId)}::bigint[],
        ${failures.map((failure) => failure.fromStatus)}::text[],
        ${failures.map((failure) => failure.attempt ?? null)}::integer[],
        ${failures.map((failure) => failure.failureClass)}::text[],
        ${failures.map((failure) => storable(failure.reason))}::text[]
      ) AS f (run_id, from_status, attempt, failure_class, reason)
    ), target AS (
      SELECT run.id, failure.from_status, failure.failure_class, failure.reason
      FROM run JOIN failure ON failure.run_id = run.id
      WHERE run.status = failure.from_status
        AND run.attempt = coalesce(failure.attempt, run.attempt)
        AND (${leaseOwner ?? null}::text IS NULL OR run.lease_owner = ${leaseOwner ?? null}::text)
      ORDER BY run.id
      FOR UPDATE OF run
    ), ended_attempt AS (
      UPDATE attempt
      SET failure_class = target.failure_class, reason = target.reason, ended_at = coalesce(ended_at, now())
      FROM target JOIN run ON run.id = target.id
      WHERE attempt.run_id = target.id AND attempt.number = run.attempt
        AND target.from_status NOT IN ('PENDING', 'STAGING_DATA')
    )
    UPDATE run
    SET status = CASE WHEN run.cancel_requested_at IS NULL THEN 'FAILED' ELSE 'CANCELLED' END,
        failure_class = CASE WHEN run.cancel_requested_at IS NULL THEN target.failure_class END,
        failure_reason = CASE WHEN run.cancel_requested_at IS NULL THEN target.reason END,
        failure_count = run.failure_count + CASE WHEN run.cancel_requested_at IS NULL THEN 1 ELSE 0 END,
        finished_at = now(), changed_at = now(), lease_owner = NULL, lease_expires_at = NULL, waiting_reason = NULL,
        moved_by = ${actor}::text,
        moved_why = CASE WHEN run.cancel_requested_at IS NULL THEN target.failure_class || ': ' || target.reason
          ELSE 'cancelled by ' || coalesce(run.cancel_requested_by, 'unknown') || coalesce(': ' || run.cancel_reason, '') END
    FROM target
    WHERE run.id = target.id
    RETURNING run.id, run.status
  `,
  );
