import { sql, type RunProgress } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface SeenProgress {
  readonly runId: number;
  readonly attempt: number;
  readonly progress: RunProgress;
}

/** Keeps what running programs said last, in place of what they said before. Returns of how many that is something else. */
export async function recordProgress(manager: EntityManager, seen: readonly SeenProgress[]): Promise<number> {
  if (seen.length === 0) return 0;
  const documents = seen.map(({ progress: { fraction, message, itemsDone, itemsTotal, saidAt } }) =>
    JSON.stringify({ fraction, message, items_done: itemsDone, items_total: itemsTotal, said_at: saidAt }),
  );
  const rows = await queryRows(
    manager,
    sql`
    UPDATE run_progress known SET progress = seen.progress::jsonb, changed_at = now()
    FROM unnest(${seen.map(({ runId }) => runId)}::bigint[], ${seen.map(({ attempt }) => attempt)}::integer[], ${documents}::text[])
      AS seen (run_id, attempt, progress)
    WHERE known.run_id = seen.run_id AND known.attempt = seen.attempt AND known.progress IS DISTINCT FROM seen.progress::jsonb
    RETURNING known.run_id`,
  );
  return rows.length;
}
