import { rawSql, sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** An item of which the newest completed run that took it says that it failed, or says nothing. */
export interface ItemGap {
  readonly itemId: number;
  readonly name: string;
  readonly dims: Dims;
  readonly outcome: 'failed' | 'missing';
  /** Of a failure, in the program's own words; empty without. */
  readonly failureClass: string;
  readonly reason: string;
  readonly runId: number;
  readonly subGroupId: number;
  readonly subGroupDims: Dims;
  /** A sub-group that has it and is not current: what becomes of the item is not settled. */
  readonly pending: { readonly sub_group_id: number; readonly state: string } | null;
}

export interface ItemGapsQuery {
  readonly stepId: number;
  /** Only of these, where they are given. */
  readonly itemIds: readonly number[] | null;
  /** Items after this one. */
  readonly after: number | null;
  readonly limit: number;
}

const OF_ITEM = rawSql(`sub_group_member held JOIN sub_group other ON other.id = held.sub_group_id
        WHERE held.item_id = gap.item_id AND other.step_id = g.step_id`);

/** The items of a step without a good outcome, in the order of their ids: what runs of the step, complete as they are, still owe. */
export const listItemGaps = (
  manager: EntityManager,
  { stepId, itemIds, after, limit }: ItemGapsQuery,
): Promise<ItemGap[]> =>
  queryRows(
    manager,
    sql`
    SELECT gap.item_id AS "itemId", item.name, item.dims, gap.outcome, gap.failure_class AS "failureClass", gap.reason, gap.run_id AS "runId",
      g.id AS "subGroupId", g.dims AS "subGroupDims",
      coalesce(
        CASE WHEN g.state NOT IN ('current', 'waived') THEN jsonb_build_object('sub_group_id', g.id, 'state', g.state) END,
        (SELECT jsonb_build_object('sub_group_id', other.id, 'state', other.state) FROM ${OF_ITEM} AND other.state NOT IN ('current', 'waived')
         ORDER BY other.id DESC LIMIT 1)
      ) AS pending
    FROM sub_group g
    JOIN item_outcome gap ON gap.run_id = g.last_completed_run_id AND gap.outcome IN ('failed', 'missing')
    JOIN data_item item ON item.id = gap.item_id AND item.retired_at IS NULL
    WHERE g.step_id = ${stepId} AND gap.item_id > ${after ?? 0}
      AND (${itemIds}::bigint[] IS NULL OR gap.item_id = ANY(${itemIds}::bigint[]))
      AND NOT EXISTS (
        SELECT FROM item_outcome newer JOIN run ON run.id = newer.run_id
        WHERE newer.item_id = gap.item_id AND newer.run_id > gap.run_id AND run.step_id = g.step_id)
      -- Where members are not stored, they are what the filter says, and what it says now is for the next evaluation.
      AND (EXISTS (SELECT FROM ${OF_ITEM}) OR NOT EXISTS (SELECT FROM sub_group_member held WHERE held.sub_group_id = g.id))
    ORDER BY gap.item_id
    LIMIT ${limit}`,
  );
