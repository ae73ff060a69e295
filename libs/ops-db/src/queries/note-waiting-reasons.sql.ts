import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface WaitingNote {
  readonly runId: number;
  /** Null when nothing is waited for any more. */
  readonly reason: string | null;
}

/** Says what jobs that are at a site wait for. Returns how many runs say something else now; their status stays. */
export async function noteWaitingReasons(
  manager: EntityManager,
  notes: readonly WaitingNote[],
): Promise<number> {
  if (notes.length === 0) return 0;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    UPDATE run SET waiting_reason = note.reason
    FROM unnest(${notes.map((note) => note.runId)}::bigint[], ${notes.map((note) => note.reason)}::text[]) AS note (run_id, reason)
    WHERE run.id = note.run_id AND run.status IN ('SUBMITTED', 'RUNNING') AND run.waiting_reason IS DISTINCT FROM note.reason
    RETURNING run.id
  `,
  );
  return rows.length;
}
