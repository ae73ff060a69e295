import { sql, SUCCESSFUL_STATUSES, type QaVerdict } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface VerdictToGive {
  readonly runId: number;
  readonly verdict: QaVerdict;
  readonly reason: string;
  readonly actor: string;
}

/** Stores what a person says of a completed run; false when there is no such run, or it is not complete. */
export async function giveVerdict(
  manager: EntityManager,
  { runId, verdict, reason, actor }: VerdictToGive,
): Promise<boolean> {
  const row = await queryRow(
    manager,
    sql`
    INSERT INTO qa_verdict (run_id, verdict, reason, given_by)
    SELECT id, ${verdict}, ${reason}, ${actor} FROM run WHERE id = ${runId} AND status = ANY(${SUCCESSFUL_STATUSES})
    RETURNING id`,
  );
  return row !== undefined;
}
