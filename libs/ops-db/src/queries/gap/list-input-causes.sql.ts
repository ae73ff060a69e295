import { sql, type StaleCause } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { inputDifferences } from './input-differences.js';
import { reachOf, type StepSelection } from './step-members.js';

export interface InputCauses {
  readonly subGroupId: number;
  readonly causes: readonly StaleCause[];
}

export interface InputCausesRequest {
  readonly selection: StepSelection;
  /** Sub-groups whose members are not those of their last completed run. */
  readonly ids: readonly number[];
}

/** How the members of some sub-groups differ from those of their last completed run: the causes that `inputDifferences` finds. */
export const listInputCauses = (
  manager: EntityManager,
  { selection, ids }: InputCausesRequest,
): Promise<InputCauses[]> =>
  queryRows<InputCauses>(
    manager,
    sql`
    WITH target AS MATERIALIZED (
      SELECT g.id, g.dims, done.input_set_id
      FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id
      WHERE g.id = ANY(${ids}::bigint[])
    ),
${inputDifferences(selection, reachOf(selection, ids.length))}
    SELECT sub_group_id AS "subGroupId", array_agg(DISTINCT cause ORDER BY cause) AS causes
    FROM (SELECT sub_group_id, CASE change WHEN 'remade' THEN 'upstream_remade' ELSE 'input_' || change END AS cause FROM difference) named
    GROUP BY sub_group_id`,
  );
