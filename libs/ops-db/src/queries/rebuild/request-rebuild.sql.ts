import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Asks that records be made again from what attempts left at a location; undefined while that is under way there. */
export const requestRebuild = (
  manager: EntityManager,
  { locationId, dryRun, actor }: { locationId: number; dryRun: boolean; actor: string },
): Promise<{ readonly id: number } | undefined> =>
  queryRow(
    manager,
    sql`
    WITH asked AS (
      INSERT INTO location_rebuild (data_location_id, dry_run, requested_by) VALUES (${locationId}, ${dryRun}, ${actor})
      ON CONFLICT (data_location_id) WHERE finished_at IS NULL DO NOTHING
      RETURNING id
    )
    SELECT id, pg_notify('meridian_work', 'results') FROM asked`,
  );
