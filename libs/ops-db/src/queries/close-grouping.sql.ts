import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface GroupingClosing {
  readonly groupingId: number;
  /** Sub-groups whose common dims contain these; `{}` is all. */
  readonly selection: Dims;
  readonly actor: string;
  readonly reason: string;
}

export interface GroupingClose {
  readonly id: number;
  readonly closedAt: Date;
  /** How many sub-groups of living steps it selects now. */
  readonly subGroups: number;
}

/**
 * Stores that nothing more will come for what is selected, and asks for the evaluation of those sub-groups, of every living step of
 * every pipeline with that grouping. The close stays: what it says of a sub-group that is not there yet is seen when it comes.
 */
export async function closeGrouping(
  manager: EntityManager,
  closing: GroupingClosing,
): Promise<GroupingClose> {
  const row = await queryRow<GroupingClose>(
    manager,
    sql`
    WITH closed AS (
      INSERT INTO grouping_close (data_grouping_id, selection, closed_by, reason)
      VALUES (${closing.groupingId}, ${JSON.stringify(closing.selection)}::jsonb, ${closing.actor}, ${closing.reason})
      RETURNING id, closed_at
    ), told AS (
      INSERT INTO sub_group_change (step_id, sub_group_id)
      SELECT g.step_id, g.id
      FROM pipeline JOIN reduction_step step ON step.pipeline_id = pipeline.id JOIN sub_group g ON g.step_id = step.id
      WHERE pipeline.data_grouping_id = ${closing.groupingId} AND step.retired_at IS NULL
        AND g.common_dims @> ${JSON.stringify(closing.selection)}::jsonb
      RETURNING sub_group_id
    )
    SELECT id, closed_at AS "closedAt", (SELECT count(*)::int FROM told) AS "subGroups", pg_notify('meridian_work', 'evaluate') FROM closed
  `,
  );
  if (row === undefined) throw new Error('the close was not stored');
  const { id, closedAt, subGroups } = row;
  return { id, closedAt, subGroups };
}
