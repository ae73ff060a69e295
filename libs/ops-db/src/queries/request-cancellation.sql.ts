import { sql, type RunStatus } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface CancellationRequest {
  readonly runId: number;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Asks a run to stop. A PENDING one is CANCELLED at once; of one that a manager or a site works on, the managers hear
 * of it and cancel it when the job is gone. The first request counts: its author and reason stay.
 *
 * Returns the status after it, or undefined when the run is finished or does not exist.
 */
export const requestCancellation = (
  manager: EntityManager,
  request: CancellationRequest,
): Promise<{ status: RunStatus } | undefined> =>
  queryRow(
    manager,
    sql`
    UPDATE run
    SET cancel_requested_at = coalesce(cancel_requested_at, now()),
        cancel_requested_by = coalesce(cancel_requested_by, ${request.actor}),
        cancel_reason = coalesce(cancel_reason, ${request.reason}),
        status = CASE WHEN status = 'PENDING' THEN 'CANCELLED' ELSE status END,
        finished_at = CASE WHEN status = 'PENDING' THEN now() END,
        waiting_reason = CASE WHEN status = 'PENDING' THEN NULL ELSE waiting_reason END,
        moved_by = CASE WHEN status = 'PENDING' THEN ${request.actor} ELSE moved_by END,
        moved_why = CASE WHEN status = 'PENDING' THEN 'cancelled: ' || ${request.reason} ELSE moved_why END,
        changed_at = now()
    WHERE id = ${request.runId} AND finished_at IS NULL
    RETURNING status, pg_notify('meridian_work', 'runs')
  `,
  );
