import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Notes that sub-groups of a step were found wrong. */
export async function recordDrift(
  manager: EntityManager,
  { stepId, subGroups, foundAt }: { stepId: number; subGroups: number; foundAt: Date },
): Promise<void> {
  await queryRows(
    manager,
    sql`INSERT INTO evaluation_drift (step_id, sub_groups, found_at) VALUES (${stepId}, ${subGroups}, ${foundAt})`,
  );
}
