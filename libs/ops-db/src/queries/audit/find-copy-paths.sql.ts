import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Which of these paths of a location a copy is recorded under that is not deleted. */
export async function findCopyPaths(
  manager: EntityManager,
  { locationId, paths }: { locationId: number; paths: readonly string[] },
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const rows = await queryRows<{ path: string }>(
    manager,
    sql`SELECT path FROM physical_copy WHERE data_location_id = ${locationId} AND path = ANY(${paths}::text[]) AND status <> 'DELETED'`,
  );
  return new Set(rows.map(({ path }) => path));
}
