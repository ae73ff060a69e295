import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Has sub-groups of a step judged at the next evaluation, and asks for it. */
export async function tellSubGroups(
  manager: EntityManager,
  { stepId, ids }: { stepId: number; ids: readonly number[] },
): Promise<void> {
  if (ids.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH told AS (INSERT INTO sub_group_change (step_id, sub_group_id) SELECT ${stepId}, unnest(${ids}::bigint[]))
    SELECT pg_notify('meridian_work', 'evaluate')`,
  );
}
