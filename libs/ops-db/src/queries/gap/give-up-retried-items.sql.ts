import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * Takes items out of shards that are about to be run again where a later shard was made to retry them: they are that one's from then on, and are
 * processed once. Until then a shard keeps them, because it would otherwise differ from what its run was given.
 *
 * Returns the shards that gave something up; one that gave up everything has nothing to run.
 */
export const giveUpRetriedItems = async (
  manager: EntityManager,
  { stepId, ids }: { stepId: number; ids: readonly number[] },
): Promise<number[]> => {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH given AS (
      DELETE FROM sub_group_member held
      USING sub_group shard, sub_group later, sub_group_member again
      WHERE shard.id = ANY(${ids}::bigint[]) AND held.sub_group_id = shard.id
        AND later.step_id = ${stepId} AND later.report ? 'retry' AND later.dims - 'shard' = shard.dims - 'shard'
        AND (later.dims ->> 'shard')::int > (shard.dims ->> 'shard')::int
        AND again.sub_group_id = later.id AND again.item_id = held.item_id
      RETURNING held.sub_group_id, held.item_id
    ),
    -- What the statement deletes is still there to see.
    kept AS (
      SELECT left_over.sub_group_id, count(item.id)::int AS members, coalesce(sum(item.size_bytes), 0) AS bytes,
        fingerprint(coalesce(sum(item.hash_a), 0), coalesce(sum(item.hash_b), 0)) AS fingerprint
      FROM (SELECT DISTINCT sub_group_id FROM given) left_over
      LEFT JOIN sub_group_member held ON held.sub_group_id = left_over.sub_group_id
        AND NOT EXISTS (SELECT FROM given WHERE given.sub_group_id = held.sub_group_id AND given.item_id = held.item_id)
      LEFT JOIN data_item item ON item.id = held.item_id
      GROUP BY left_over.sub_group_id
    ),
    told AS (INSERT INTO sub_group_change (step_id, sub_group_id) SELECT ${stepId}, sub_group_id FROM kept)
    UPDATE sub_group g SET member_count = kept.members, member_bytes = kept.bytes,
      input_fingerprint = add_fingerprints(kept.fingerprint, g.association_fingerprint),
      report = CASE WHEN kept.members = 0 THEN '{}' ELSE g.report || '{"form": "partial"}' END
    FROM kept WHERE g.id = kept.sub_group_id
    RETURNING g.id`,
  );
  return rows.map(({ id }) => id);
};
