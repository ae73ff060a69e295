import { rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { isNewSince } from './unseen.js';
import { addContributions, type TouchedSubGroup } from './contributions.js';
import { rawMembers, type StepSelection } from './step-members.js';

export interface AppliedChanges {
  /** With these changes, and no others, the sub-groups are as of this pg_snapshot. */
  readonly snapshot: string;
  readonly touched: readonly TouchedSubGroup[];
}

/**
 * Takes the changes of items that a step has not seen since the pg_snapshot `since`: adds what each item is now to its
 * sub-group, and subtracts what it was then from the one it was in.
 *
 * An item that changed several times counts as it was before the first of them, and one that is new as nothing. The feed, the items and the snapshot that is
 * returned are read by one statement, so that no change is counted twice or not at all, however late it is committed.
 */
export async function applyItemChanges(
  manager: EntityManager,
  { selection, since }: { selection: StepSelection; since: string },
): Promise<AppliedChanges> {
  const row = await queryRow<AppliedChanges>(
    manager,
    sql`
    WITH fresh AS MATERIALIZED (
      SELECT item_id, (array_agg(before ORDER BY (before -> 'revision')::bigint NULLS FIRST))[1] AS before
      FROM data_item_change
      WHERE ${isNewSince(since)}
      GROUP BY item_id
    ),
    -- OFFSET 0: looked up one by one, however many changes the planner expects.
    present AS (
      SELECT item.* FROM fresh CROSS JOIN LATERAL (SELECT * FROM data_item WHERE data_item.id = fresh.item_id OFFSET 0) item
    ),
    gone AS (
      SELECT image.* FROM fresh, LATERAL jsonb_populate_record(NULL::data_item, fresh.before) AS image
      WHERE fresh.before IS NOT NULL
    ),
    contribution AS MATERIALIZED (
      SELECT 1 AS sign, m.*
      FROM (${rawMembers(selection, { from: 'present', where: sql`true` })}) m
      UNION ALL
      SELECT -1, m.* FROM (${rawMembers(selection, { from: 'gone', where: sql`true` })}) m
    ), ${addContributions(selection.stepId)}
    SELECT pg_current_snapshot()::text AS snapshot,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'isNarrowed', is_narrowed, 'memberCount', member_count, 'wasDims', was_dims)) FROM touched), ${rawSql(`'[]'`)}) AS touched`,
  );
  if (row === undefined) throw new Error('the changes of items gave no answer');
  return row;
}
