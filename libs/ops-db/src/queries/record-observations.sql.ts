import { sql, type JobEndState, type JobUsage } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** What one look at the site means for a run: its job runs, or it ended. */
export interface RunObservation {
  readonly runId: number;
  readonly attempt: number;
  readonly seen: 'running' | 'ended';
  /** Null when the job's own record, not the site, says that it ended. */
  readonly endState: JobEndState | null;
  readonly exitCode: number | null;
  readonly usage: JobUsage;
  /** What the site says about the end, until the run's failure says more. */
  readonly reason?: string | null;
  readonly startedAt: Date | null;
  readonly why: string;
}

/**
 * Moves runs to RUNNING or COLLECTING_RESULTS and keeps what the site measured with the attempt. Returns how many moved.
 *
 * A run that ended although its cancellation was asked for becomes CANCELLED, and says what proves its end when the site did
 * not. Runs that moved on meanwhile, or are at another attempt, are left alone, so two observers cannot contradict each other.
 */
export async function recordObservations(
  manager: EntityManager,
  { actor, observations }: { actor: string; observations: readonly RunObservation[] },
): Promise<number> {
  if (observations.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH seen AS (
      SELECT * FROM unnest(
        ${observations.map((o) => o.runId)}::bigint[],
        ${observations.map((o) => o.attempt)}::integer[],
        ${observations.map((o) => o.seen === 'ended')}::boolean[],
        ${observations.map((o) => o.endState)}::text[],
        ${observations.map((o) => o.exitCode)}::integer[],
        ${observations.map((o) => o.usage.cpuSeconds ?? null)}::double precision[],
        ${observations.map((o) => o.usage.peakMemoryMb ?? null)}::double precision[],
        ${observations.map((o) => o.usage.elapsedSeconds ?? null)}::double precision[],
        ${observations.map((o) => o.startedAt)}::timestamptz[],
        ${observations.map((o) => o.reason ?? null)}::text[],
        ${observations.map((o) => o.why)}::text[]
      ) AS s (run_id, attempt, has_ended, end_state, exit_code, cpu_seconds, peak_memory_mb, elapsed_seconds, started_at, reason, why)
    ), target AS (
      SELECT run.id FROM run JOIN seen ON seen.run_id = run.id AND seen.attempt = run.attempt
      WHERE run.status = 'SUBMITTED' OR (run.status = 'RUNNING' AND seen.has_ended)
      ORDER BY run.id FOR NO KEY UPDATE OF run
    ), noted AS (
      UPDATE attempt
      SET started_at = coalesce(seen.started_at, attempt.started_at, CASE WHEN NOT seen.has_ended THEN now() END),
          ended_at = CASE WHEN seen.has_ended THEN now() END,
          end_state = seen.end_state, exit_code = seen.exit_code, reason = seen.reason,
          cpu_seconds = seen.cpu_seconds, peak_memory_mb = seen.peak_memory_mb, elapsed_seconds = seen.elapsed_seconds
      FROM target JOIN seen ON seen.run_id = target.id
      WHERE attempt.run_id = seen.run_id AND attempt.number = seen.attempt
    )
    UPDATE run
    SET status = CASE WHEN NOT seen.has_ended THEN 'RUNNING' WHEN run.cancel_requested_at IS NULL THEN 'COLLECTING_RESULTS' ELSE 'CANCELLED' END,
        finished_at = CASE WHEN seen.has_ended AND run.cancel_requested_at IS NOT NULL THEN now() END,
        changed_at = now(), waiting_reason = NULL, moved_by = ${actor}::text,
        moved_why = CASE WHEN seen.has_ended AND run.cancel_requested_at IS NOT NULL
          THEN 'cancelled by ' || coalesce(run.cancel_requested_by, 'unknown') || coalesce(': ' || run.cancel_reason, '')
            || CASE WHEN seen.end_state IS NULL THEN '; ' || seen.why ELSE '' END
          ELSE seen.why END
    FROM target JOIN seen ON seen.run_id = target.id
    WHERE run.id = target.id
    RETURNING run.id
  `,
  );
  return rows.length;
}
