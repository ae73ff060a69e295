import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Notes that a step was compared with a look at everything, and how many sub-groups were found wrong. */
export async function recordDrift(
  manager: EntityManager,
  { stepId, drift, now }: { stepId: number; drift: number; now: Date },
): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE step_evaluation SET reconciled_at = ${now}, drift_count = drift_count + ${drift} WHERE step_id = ${stepId}`,
  );
}
