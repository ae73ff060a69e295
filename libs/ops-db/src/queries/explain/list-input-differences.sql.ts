import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { inputDifferences } from '../gap/input-differences.js';
import { reachOf, type StepSelection } from '../gap/step-members.js';

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
  readonly limit: number;
}

/** How the members of a sub-group differ from the frozen inputs of its last completed run, as `listInputCauses` names it. */
export const listInputDifferences = (
  manager: EntityManager,
  { selection, subGroupId, limit }: InputDifferencesRequest,
): Promise<InputDifference[]> =>
  queryRows<InputDifference>(
    manager,
    sql`
    WITH target AS MATERIALIZED (
      SELECT g.id, g.dims, done.input_set_id FROM sub_group g JOIN run done ON done.id = g.last_completed_run_id WHERE g.id = ${subGroupId}
    ),
${inputDifferences(selection, reachOf(selection, 1))}
    SELECT d.change,
      d.item_id AS "itemId", coalesce(item.name, format('item %s', d.item_id)) AS name, was, "is",
      coalesce(CASE WHEN was IS NULL THEN item.registered_at END, item.retired_at, item.changed_at) AS at, d.run_id AS "runId"
    FROM difference d LEFT JOIN data_item item ON item.id = d.item_id
    ORDER BY 1, 3, 2 LIMIT ${limit}`,
  );
