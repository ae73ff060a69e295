import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Adds up what changed at the locations, as `foldRunTallies` does for runs: exact without it, and cheap with it. Returns how many changes that were. */
export async function foldLocationUsage(manager: EntityManager): Promise<number> {
  const row = await queryRow<{ folded: number }>(
    manager,
    sql`
    WITH taken AS (
      DELETE FROM location_usage_change WHERE (SELECT pg_try_advisory_xact_lock(hashtext('meridian.fold-location-usage')))
      RETURNING location_id, files, bytes
    ),
    folded AS (
      INSERT INTO location_usage AS usage (location_id, files, bytes)
      SELECT location_id, sum(files), sum(bytes) FROM taken GROUP BY location_id HAVING sum(files) <> 0 OR sum(bytes) <> 0
      ON CONFLICT (location_id) DO UPDATE SET files = usage.files + excluded.files, bytes = usage.bytes + excluded.bytes
    )
    SELECT count(*)::int AS folded FROM taken`,
  );
  return row?.folded ?? 0;
}
