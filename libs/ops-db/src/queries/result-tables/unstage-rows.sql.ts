import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Takes lines of a table out of staging. */
export async function unstageRows(
  manager: EntityManager,
  {
    runId,
    attempt,
    tableId,
    lines,
  }: { runId: number; attempt: number; tableId: number; lines: readonly number[] },
): Promise<void> {
  await queryRows(
    manager,
    sql`DELETE FROM staged_row WHERE run_id = ${runId} AND attempt = ${attempt} AND table_id = ${tableId} AND line = ANY(${lines}::bigint[])`,
  );
}
