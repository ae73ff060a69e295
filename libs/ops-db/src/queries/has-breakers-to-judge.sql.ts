import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** Whether a failure was not considered yet, or a probe is out: two looks at indexes that are empty on a good day. */
export async function hasBreakersToJudge(manager: EntityManager): Promise<boolean> {
  const row = await queryRow<{ some: boolean }>(
    manager,
    sql`
    SELECT EXISTS (SELECT FROM run_outcome WHERE NOT is_judged)
        OR EXISTS (SELECT FROM circuit_breaker WHERE is_open AND probe_run_id IS NOT NULL) AS some
  `,
  );
  return row?.some === true;
}
