import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** How many rows of each run are staged, of the attempt that it is at; a run without any is left out. */
export async function countStagedRows(
  manager: EntityManager,
  runIds: readonly number[],
): Promise<Map<number, number>> {
  const rows = await queryRows<{ runId: number; count: number }>(
    manager,
    sql`SELECT run.id AS "runId", count(*)::int AS count
        FROM run JOIN staged_row ON staged_row.run_id = run.id AND staged_row.attempt = run.attempt
        WHERE run.id = ANY(${runIds}::bigint[]) GROUP BY run.id`,
  );
  return new Map(rows.map(({ runId, count }) => [runId, count]));
}
