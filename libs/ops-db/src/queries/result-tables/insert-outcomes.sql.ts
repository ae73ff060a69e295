import { sql, type SettledOutcome } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Stores what became of the items of a run, in place of what an earlier attempt said. */
export async function insertOutcomes(
  manager: EntityManager,
  { runId, outcomes }: { runId: number; outcomes: readonly SettledOutcome[] },
): Promise<void> {
  if (outcomes.length === 0) return;
  await queryRows(
    manager,
    sql`
    INSERT INTO item_outcome (run_id, item_id, outcome, reason, failure_class, elapsed_seconds, overhead_seconds)
    SELECT ${runId}, * FROM unnest(${outcomes.map(({ itemId }) => itemId)}::bigint[], ${outcomes.map(({ outcome }) => outcome)}::text[],
      ${outcomes.map(({ reason }) => reason)}::text[], ${outcomes.map(({ failureClass }) => failureClass)}::text[],
      ${outcomes.map(({ elapsedSeconds }) => elapsedSeconds)}::double precision[],
      ${outcomes.map(({ overheadSeconds }) => overheadSeconds)}::double precision[])
    ON CONFLICT (run_id, item_id) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, failure_class = excluded.failure_class,
      elapsed_seconds = excluded.elapsed_seconds, overhead_seconds = excluded.overhead_seconds`,
  );
}
