import { sql, type SqlFragment } from '@meridian/core';
import { membersOfTargets, type Reach, type StepSelection } from './step-members.js';

/**
 * How the members of the sub-groups in the statement's relation `target (id, dims, input_set_id)` differ from those frozen in that
 * input set: relation `difference (sub_group_id, item_id, was, is, run_id, change)`, with contents `was` and `is`, NULL where
 * it was or is no member, and the run that made the item.
 *
 * `remade` is a product that another run of the same upstream sub-group replaced, and the one that replaced it: one thing that
 * happened, not an addition and a removal.
 */
export const inputDifferences = (selection: StepSelection, reach: Reach): SqlFragment => sql`
    present AS (
      SELECT member.sub_group_id, member.id AS item_id, member.content_hash FROM (${membersOfTargets(selection, reach)}) member
    ),
    past AS (
      SELECT target.id AS sub_group_id, used.item_id, used.content_hash
      FROM target JOIN input_set_member used ON used.input_set_id = target.input_set_id AND used.binding = ''
    ),
    unlike AS (
      SELECT coalesce(present.sub_group_id, past.sub_group_id) AS sub_group_id, item_id, past.content_hash AS was, present.content_hash AS "is", maker.id AS run_id, maker.sub_group_id AS origin_id
      FROM present FULL JOIN past USING (sub_group_id, item_id)
      LEFT JOIN data_product product USING (item_id) LEFT JOIN run maker ON maker.id = product.run_id
      WHERE past.content_hash IS DISTINCT FROM present.content_hash
    ),
    difference AS (
      SELECT sub_group_id, item_id, was, "is", run_id, CASE
        WHEN was IS NOT NULL AND "is" IS NOT NULL THEN 'changed'
        WHEN origin_id IS NOT NULL AND bool_or(was IS NULL) OVER of_origin AND bool_or("is" IS NULL) OVER of_origin THEN 'remade'
        WHEN was IS NULL THEN 'added' ELSE 'removed' END AS change
      FROM unlike WINDOW of_origin AS (PARTITION BY sub_group_id, origin_id)
    )`;
