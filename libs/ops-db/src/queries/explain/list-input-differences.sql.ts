import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { membersOfTargets, reachOf, type StepSelection } from '../gap/step-members.js';

export const INPUT_CHANGES = ['added', 'removed', 'changed', 'remade'] as const;

/** An input that is not what the last result was made of. */
export interface InputDifference {
  /** `remade`: another run of the same upstream sub-group replaced it, or made this one in the place of another. */
  readonly change: (typeof INPUT_CHANGES)[number];
  readonly itemId: number;
  readonly name: string;
  /** Content then and now; null where it was, or is, no member. */
  readonly was: string | null;
  readonly is: string | null;
  readonly at: Date;
  /** The upstream run that made it. */
  readonly runId: number | null;
}

export interface InputDifferencesRequest {
  readonly selection: StepSelection;
  readonly subGroupId: number;
  /** Its members are listed in sub_group_member. */
  readonly isStored: boolean;
  readonly limit: number;
}

/** How the members of a sub-group differ from the frozen inputs of its last completed run, as `listInputCauses` names it. */
export const listInputDifferences = (
  manager: EntityManager,
  { selection, subGroupId, isStored, limit }: InputDifferencesRequest,
): Promise<InputDifference[]> =>
  queryRows<InputDifference>(
    manager,
    sql`
    WITH target AS MATERIALIZED (
      SELECT g.id, g.dims, done.input_set_id FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id WHERE g.id = ${subGroupId}
    ),
    present AS (SELECT member.id AS item_id, member.content_hash FROM (${membersOfTargets(selection, reachOf(1, isStored))}) member),
    past AS (
      SELECT used.item_id, used.content_hash FROM target JOIN input_set_member used ON used.input_set_id = target.input_set_id AND used.binding = ''
    ),
    difference AS (
      SELECT item_id, past.content_hash AS was, present.content_hash AS "is", maker.id AS run_id, maker.sub_group_id AS origin_id
      FROM present FULL JOIN past USING (item_id)
      LEFT JOIN data_product product USING (item_id) LEFT JOIN run maker ON maker.id = product.run_id
      WHERE past.content_hash IS DISTINCT FROM present.content_hash
    )
    SELECT CASE
        WHEN was IS NOT NULL AND "is" IS NOT NULL THEN 'changed'
        WHEN origin_id IN (SELECT o.origin_id FROM difference o WHERE (o.was IS NULL) <> (d.was IS NULL)) THEN 'remade'
        WHEN was IS NULL THEN 'added' ELSE 'removed' END AS change,
      d.item_id AS "itemId", coalesce(item.name, format('item %s', d.item_id)) AS name, was, "is",
      coalesce(CASE WHEN was IS NULL THEN item.registered_at END, item.retired_at, item.changed_at) AS at, d.run_id AS "runId"
    FROM difference d LEFT JOIN data_item item ON item.id = d.item_id
    ORDER BY 1, 3, 2 LIMIT ${limit}`,
  );
