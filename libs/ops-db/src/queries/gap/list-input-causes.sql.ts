import { sql, type StaleCause } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { stepMembers, type StepSelection } from './step-members.js';

export interface InputCauses {
  readonly subGroupId: number;
  readonly causes: readonly StaleCause[];
}

/**
 * For every sub-group whose members are not those of its last completed run: how they differ.
 *
 * A product that another run of the same upstream sub-group replaced is one cause, `upstream_remade`, not an
 * addition and a removal. Call after `refreshMembers` in the same transaction.
 */
export const listInputCauses = (manager: EntityManager, selection: StepSelection): Promise<InputCauses[]> =>
  queryRows<InputCauses>(
    manager,
    sql`
    WITH differing AS MATERIALIZED (
      SELECT g.id, g.dims, done.input_set_id
      FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id
      WHERE g.step_id = ${selection.stepId} AND done.input_fingerprint <> g.input_fingerprint
    ),
    present AS (
      SELECT differing.id AS sub_group_id, member.id AS item_id, member.content_hash, member.origin_id
      FROM (${stepMembers(selection)}) member JOIN differing ON differing.dims = member.key_dims
      WHERE EXISTS (SELECT FROM differing)
    ),
    past AS (
      SELECT differing.id AS sub_group_id, used.item_id, used.content_hash, maker.sub_group_id AS origin_id
      FROM differing JOIN input_set_member used USING (input_set_id)
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
