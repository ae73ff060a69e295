import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { amongIds } from './among-ids.js';

/** The run whose products a sub-group gave to the steps after it, and the one whose products it gives now; null for none. */
export interface Offer {
  readonly was: number | null;
  readonly is: number | null;
}

/**
 * Offers the result of each sub-group to the steps after it: the newest completed run, while the sub-group has members.
 *
 * From here on they count those products (`stepMembers`), so every step after this one must be given the offers in the same
 * transaction. Steps of whatever pipeline that may bind them as associated inputs are told through the feed. `ids` null looks at every sub-group of the step.
 */
export const publishResults = (
  manager: EntityManager,
  { stepId, ids }: { stepId: number; ids: readonly number[] | null },
): Promise<Offer[]> =>
  queryPrepared<Offer>(
    manager,
    sql`
    WITH offer AS MATERIALIZED (
      SELECT id, contributed_run_id AS was, CASE WHEN member_count > 0 THEN last_completed_run_id END AS is
      FROM sub_group
      WHERE step_id = ${stepId} AND ${amongIds('id', ids)}
        AND contributed_run_id IS DISTINCT FROM CASE WHEN member_count > 0 THEN last_completed_run_id END
    ),
    told AS (
      INSERT INTO data_item_change (item_id, before)
      SELECT item.id, to_jsonb(item) FROM offer JOIN data_product made ON made.run_id IN (offer.was, offer.is)
      JOIN data_item item ON item.id = made.item_id
      WHERE EXISTS (SELECT FROM reduction_step step WHERE step.retired_at IS NULL AND step.associations <> '[]')
    )
    UPDATE sub_group g SET contributed_run_id = offer.is FROM offer WHERE g.id = offer.id
    RETURNING offer.was, offer.is`,
  );
