import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** Takes steps out of their pipeline; rows, sub-groups, runs and products stay. */
export async function retireSteps(manager: EntityManager, stepIds: readonly number[]): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE reduction_step SET retired_at = now(), updated_at = now() WHERE id = ANY(${stepIds}::bigint[]) AND retired_at IS NULL`,
  );
}
