import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { addContributions, type TouchedSubGroup } from './contributions.js';
import { isTaken, type StepSelection } from './step-members.js';
import type { Offer } from './publish-results.sql.js';

/** Takes the products of runs that upstream sub-groups newly offer, and gives back those of the runs that they offered before. */
export const applyOffers = (
  manager: EntityManager,
  { selection, offers }: { selection: StepSelection; offers: readonly Offer[] },
): Promise<TouchedSubGroup[]> =>
  queryRows<TouchedSubGroup>(
    manager,
    sql`
    WITH moved (run_id, sign) AS (
      SELECT * FROM unnest(${offers.map(({ was }) => was)}::bigint[]) AS was(run_id), (VALUES (-1)) AS sign WHERE run_id IS NOT NULL
      UNION ALL
      SELECT * FROM unnest(${offers.map(({ is }) => is)}::bigint[]) AS now(run_id), (VALUES (1)) AS sign WHERE run_id IS NOT NULL
    ),
    contribution AS MATERIALIZED (
      SELECT moved.sign, item.id, item.hash_a, item.hash_b, item.size_bytes, item.dims, item.registered_at, item.changed_at, item.obs_time,
        item.obs_time_end, ${selection.keyDims} AS key_dims
      FROM moved JOIN data_product product USING (run_id) JOIN data_item item ON item.id = product.item_id
      WHERE ${isTaken(selection)}
    ), ${addContributions(selection.stepId)}
    SELECT id, is_narrowed AS "isNarrowed", member_count AS "memberCount", was_dims AS "wasDims" FROM touched`,
  );
