import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Which of these attempts the database has a record of; token → run. */
export async function findKnownAttempts(
  manager: EntityManager,
  tokens: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (tokens.length === 0) return new Map();
  const rows = await queryRows<{ token: string; runId: number }>(
    manager,
    sql`SELECT token, run_id AS "runId" FROM attempt WHERE token = ANY(${tokens}::text[])`,
  );
  return new Map(rows.map(({ token, runId }) => [token, runId]));
}
