import { sql, type StaleCause } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { membersOfTargets, reachOf, type StepSelection } from './step-members.js';

export interface InputCauses {
  readonly subGroupId: number;
  readonly causes: readonly StaleCause[];
}

export interface InputCausesRequest {
  readonly selection: StepSelection;
  /** Sub-groups whose members are not those of their last completed run. */
  readonly ids: readonly number[];
  /** Their members are listed in sub_group_member. */
  readonly isStored: boolean;
}

/**
 * How the members of some sub-groups differ from those of their last completed run.
 *
 * A product that another run of the same upstream sub-group replaced is one cause, `upstream_remade`, not an
 * addition and a removal.
 */
export const listInputCauses = (
  manager: EntityManager,
  { selection, ids, isStored }: InputCausesRequest,
): Promise<InputCauses[]> =>
  queryRows<InputCauses>(
    manager,
    sql`
    WITH target AS MATERIALIZED (
      SELECT g.id, g.dims, done.input_set_id
      FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id
      WHERE g.id = ANY(${ids}::bigint[])
    ),
    present AS (
      SELECT member.sub_group_id, member.id AS item_id, member.content_hash, coalesce(member.origin_id, maker.sub_group_id) AS origin_id
      FROM (${membersOfTargets(selection, reachOf(ids.length, isStored))}) member
      LEFT JOIN data_product product ON product.item_id = member.id LEFT JOIN run maker ON maker.id = product.run_id
    ),
    past AS (
      SELECT target.id AS sub_group_id, used.item_id, used.content_hash, maker.sub_group_id AS origin_id
      FROM target JOIN input_set_member used ON used.input_set_id = target.input_set_id AND used.binding = ''
      LEFT JOIN data_product product ON product.item_id = used.item_id LEFT JOIN run maker ON maker.id = product.run_id
    ),
    difference AS (
      SELECT sub_group_id, item_id, present.origin_id AS came_from, past.origin_id AS went_from,
        past.item_id IS NULL AS is_new, present.item_id IS NULL AS is_gone
      FROM present
      FULL JOIN past USING (sub_group_id, item_id)
      WHERE past.content_hash IS DISTINCT FROM present.content_hash
    ),
    named AS (
      SELECT d.sub_group_id, CASE
        WHEN is_new AND came_from IN (SELECT o.went_from FROM difference o WHERE o.sub_group_id = d.sub_group_id AND o.is_gone) THEN 'upstream_remade'
        WHEN is_gone AND went_from IN (SELECT o.came_from FROM difference o WHERE o.sub_group_id = d.sub_group_id AND o.is_new) THEN 'upstream_remade'
        WHEN is_new THEN 'input_added'
        WHEN is_gone THEN 'input_removed'
        ELSE 'input_changed' END AS cause
      FROM difference d
    )
    SELECT sub_group_id AS "subGroupId", array_agg(DISTINCT cause ORDER BY cause) AS causes FROM named GROUP BY sub_group_id`,
  );
