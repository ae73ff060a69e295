import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Counts sub-groups of a step that were found wrong, and notes when it was compared with a look at everything; null: they showed otherwise. */
export async function recordDrift(
  manager: EntityManager,
  { stepId, drift, comparedAt }: { stepId: number; drift: number; comparedAt: Date | null },
): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE step_evaluation SET reconciled_at = coalesce(${comparedAt}, reconciled_at), drift_count = drift_count + ${drift} WHERE step_id = ${stepId}`,
  );
}
