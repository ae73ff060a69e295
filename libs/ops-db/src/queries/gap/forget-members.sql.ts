import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Forgets the listed members of a step whose membership has become a function of one row. */
export async function forgetMembers(manager: EntityManager, stepId: number): Promise<void> {
  await queryRows(
    manager,
    sql`DELETE FROM sub_group_member held USING sub_group g WHERE g.id = held.sub_group_id AND g.step_id = ${stepId}`,
  );
}
