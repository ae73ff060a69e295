import { rawSql, sql, type RawSql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface AssociationChoiceRow {
  readonly item_id: number;
  readonly item: string;
  readonly method: string;
  readonly offset_seconds: number;
  readonly weight: number;
  readonly sha256: string;
}

/** An associated input that is not the one of the last result; null is none. */
export interface AssociationDifference {
  readonly name: string;
  readonly role: string;
  readonly was: AssociationChoiceRow | null;
  readonly is: AssociationChoiceRow | null;
}

const choice = (table: string): RawSql =>
  rawSql(`jsonb_build_object('item_id', ${table}.item_id, 'item', coalesce(${table}_item.name, format('item %s', ${table}.item_id)), 'method', ${table}.method,
        'offset_seconds', ${table}.offset_seconds, 'weight', ${table}.weight, 'sha256', ${table}.content_hash)`);

/** What is bound to a sub-group now and was not, or was otherwise, to its last completed run. What it is bound by, and how far, does not count. */
export const listAssociationDifferences = (
  manager: EntityManager,
  subGroupId: number,
): Promise<AssociationDifference[]> =>
  queryRows<AssociationDifference>(
    manager,
    sql`
    WITH past AS (
      SELECT used.* FROM sub_group g JOIN run_association used ON used.run_id = g.last_completed_run_id WHERE g.id = ${subGroupId}
    ),
    present AS (SELECT * FROM sub_group_association WHERE sub_group_id = ${subGroupId})
    SELECT coalesce(past.name, present.name) AS name, coalesce(past.role, present.role) AS role, CASE WHEN past.item_id IS NOT NULL THEN ${choice('past')} END AS was,
      CASE WHEN present.item_id IS NOT NULL THEN ${choice('present')} END AS "is"
    FROM past FULL JOIN present ON (present.name, present.role) = (past.name, past.role)
    LEFT JOIN data_item past_item ON past_item.id = past.item_id LEFT JOIN data_item present_item ON present_item.id = present.item_id
    WHERE (past.item_id, past.content_hash) IS DISTINCT FROM (present.item_id, present.content_hash)
    ORDER BY 1, 2 DESC`,
  );
