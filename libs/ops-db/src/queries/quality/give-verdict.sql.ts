import { sql, SUCCESSFUL_STATUSES, type QaVerdict } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface VerdictToGive {
  readonly runId: number;
  readonly verdict: QaVerdict;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Stores what a person says of a completed run; false when there is no such run, or it is not complete. Publications of its products are
 * looked at again at once, and one that is at its gate right now is waited for.
 */
export async function giveVerdict(
  manager: EntityManager,
  { runId, verdict, reason, actor }: VerdictToGive,
): Promise<boolean> {
  const row = await queryRow(
    manager,
    sql`
    WITH judged AS MATERIALIZED (
      SELECT id FROM run WHERE id = ${runId} AND status = ANY(${SUCCESSFUL_STATUSES}) FOR NO KEY UPDATE
    ), due AS (
      UPDATE publication SET not_before = now() FROM judged JOIN data_product product ON product.run_id = judged.id
      WHERE publication.item_id = product.item_id AND publication.state IN ('staged', 'eligible')
      RETURNING publication.id
    )
    INSERT INTO qa_verdict (run_id, verdict, reason, given_by)
    SELECT id, ${verdict}, ${reason}, ${actor} FROM judged
    RETURNING id, pg_notify('meridian_work', 'publish')`,
  );
  return row !== undefined;
}
