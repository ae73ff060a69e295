import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/**
 * Deletes the rows of the feeds that every living step has seen; returns how many.
 *
 * A transaction older than the oldest that some step may still have to wait for cannot bring anything new.
 */
export async function trimChanges(manager: EntityManager): Promise<number> {
  const row = await queryRow<{ trimmed: number }>(
    manager,
    sql`
    WITH seen AS MATERIALIZED (
      SELECT coalesce(min(pg_snapshot_xmin(known.snapshot)), pg_snapshot_xmin(pg_current_snapshot())) AS by_all
      FROM step_evaluation known JOIN reduction_step step ON step.id = known.step_id WHERE step.retired_at IS NULL
    ),
    items AS (DELETE FROM data_item_change WHERE tx < (SELECT by_all FROM seen) RETURNING 1),
    relations AS (DELETE FROM relation_change WHERE tx < (SELECT by_all FROM seen) RETURNING 1),
    sub_groups AS (DELETE FROM sub_group_change WHERE tx < (SELECT by_all FROM seen) RETURNING 1)
    SELECT ((SELECT count(*) FROM items) + (SELECT count(*) FROM relations) + (SELECT count(*) FROM sub_groups))::int AS trimmed`,
  );
  return row?.trimmed ?? 0;
}
