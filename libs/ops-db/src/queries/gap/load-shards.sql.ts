import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface LoadedShard {
  readonly keyDims: Dims;
  readonly number: number;
  /** Has had a run: its members are what that run was given. */
  readonly isFrozen: boolean;
  /** Made of items to be tried again: what arrives later is not put into it. */
  readonly isRetry: boolean;
  readonly memberIds: readonly number[];
  /** Of its by-key. */
  readonly lastNumber: number;
}

/**
 * The shards of a step that have no run yet, those that hold one of the items, and the last of each by-key; with `all`,
 * every one.
 */
export const loadShards = (
  manager: EntityManager,
  { stepId, itemIds }: { stepId: number; itemIds: readonly number[] | 'all' },
): Promise<LoadedShard[]> =>
  queryRows<LoadedShard>(
    manager,
    sql`
    WITH holding AS MATERIALIZED (
      SELECT DISTINCT sub_group_id FROM sub_group_member WHERE item_id = ANY(${itemIds === 'all' ? [] : itemIds}::bigint[])
    ),
    shard AS (
      SELECT g.id, g.dims - 'shard' AS key_dims, (g.dims -> 'shard')::int AS number,
        EXISTS (SELECT FROM run WHERE run.sub_group_id = g.id) AS is_frozen, g.report ? 'retry' AS is_retry,
        max((g.dims -> 'shard')::int) OVER (PARTITION BY g.dims - 'shard') AS last_number
      FROM sub_group g
      WHERE g.step_id = ${stepId} AND jsonb_typeof(g.dims -> 'shard') = 'number'
    )
    SELECT key_dims AS "keyDims", number, is_frozen AS "isFrozen", is_retry AS "isRetry", last_number AS "lastNumber",
      coalesce((SELECT jsonb_agg(item_id ORDER BY item_id) FROM sub_group_member held WHERE held.sub_group_id = shard.id), '[]') AS "memberIds"
    FROM shard
    WHERE ${itemIds === 'all'}::boolean OR NOT is_frozen OR number = last_number OR id IN (SELECT sub_group_id FROM holding)
    ORDER BY key_dims, number`,
  );
