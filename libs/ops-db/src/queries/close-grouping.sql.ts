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
 * Stores that nothing more will come for what is selected; every living step of every pipeline with that grouping judges by it what
 * it may concern. The close stays: what it says of a sub-group that is not there yet is seen when it comes.
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
    )
    SELECT id, closed_at AS "closedAt", pg_notify('meridian_work', 'evaluate'), (
      SELECT count(*)::int
      FROM pipeline JOIN reduction_step step ON step.pipeline_id = pipeline.id JOIN sub_group g ON g.step_id = step.id
      WHERE pipeline.data_grouping_id = ${closing.groupingId} AND step.retired_at IS NULL
        AND g.common_dims @> ${JSON.stringify(closing.selection)}::jsonb
    ) AS "subGroups"
    FROM closed
  `,
  );
  if (row === undefined) throw new Error('the close was not stored');
  const { id, closedAt, subGroups } = row;
  return { id, closedAt, subGroups };
}
