import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Notes when a step was compared with a look at everything. */
export async function recordReconciliation(
  manager: EntityManager,
  { stepId, comparedAt }: { stepId: number; comparedAt: Date },
): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE step_evaluation SET reconciled_at = ${comparedAt} WHERE step_id = ${stepId}`,
  );
}
