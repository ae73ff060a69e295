import { sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** What closing a breaker writes: its probe is a run like any other from now on, and counting begins anew. */
export const closeColumns = (actor: string): SqlFragment => sql`
    is_open = false, probe_run_id = NULL, probe_after_outcome = NULL, closed_at = clock_timestamp(), closed_by = ${actor}::text,
    counts_after_outcome = (SELECT coalesce(max(o.id), 0) FROM run_outcome o
                            WHERE o.location_id = circuit_breaker.location_id AND o.step_id = circuit_breaker.step_id)`;

/** Closes a breaker because a person says so; false, and nothing changes, when it is closed already or does not exist. */
export async function resetBreaker(
  manager: EntityManager,
  { id, actor }: { id: number; actor: string },
): Promise<boolean> {
  const closed = await queryRow(
    manager,
    sql`UPDATE circuit_breaker SET ${closeColumns(actor)} WHERE id = ${id} AND is_open RETURNING id`,
  );
  return closed !== undefined;
}
