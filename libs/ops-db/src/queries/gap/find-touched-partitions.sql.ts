import { rawSql, sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { subGroupKey, type StepSelection } from './step-members.js';

/** Members of a step with the same by-key, among which a change is to be looked at. */
export interface TouchedPartition {
  readonly keyDims: Dims;
  /** Range of what changed, as it is and as it was, in microseconds since 1970; null when nothing of it has a time. */
  readonly from: number | null;
  readonly to: number | null;
  /** Items of the sub-group of those that cannot be placed. */
  readonly unplaced: readonly number[];
}

export interface TouchedRequest {
  readonly selection: StepSelection;
  readonly changedItemIds: readonly number[];
  /** Dims that the kind of the grouping adds to the key. */
  readonly kindDims: readonly string[];
  readonly now: Date;
}

/** Microseconds since 1970 of a timestamptz expression: exact, and small enough for a JavaScript number. */
export const microseconds = (time: string): string => `(extract(epoch FROM ${time}) * 1000000)::bigint`;

/**
 * The by-keys that changed items belong to now, belonged to before their changes that are still in the feed, or are
 * held in; and those of sub-groups that have waited long enough.
 */
export const findTouchedPartitions = (
  manager: EntityManager,
  { selection, changedItemIds, kindDims, now }: TouchedRequest,
): Promise<TouchedPartition[]> =>
  queryRows<TouchedPartition>(
    manager,
    sql`
    WITH changed AS MATERIALIZED (SELECT unnest(${changedItemIds}::bigint[]) AS id),
    image AS (
      SELECT present.* FROM data_item present JOIN changed USING (id)
      UNION ALL
      SELECT past.* FROM changed JOIN data_item_change change ON change.item_id = changed.id,
        LATERAL jsonb_populate_record(NULL::data_item, change.before) past
      WHERE change.before IS NOT NULL
    ),
    keyed AS (SELECT ${selection.keyDims} AS key_dims, item.obs_time AS time_from, item.obs_time AS time_to FROM image item),
    seen AS (
      SELECT * FROM keyed
      UNION ALL
      -- Items that cannot be placed lie anywhere: only what changed of them counts.
      SELECT g.dims - ${kindDims}::text[], CASE WHEN g.report ? 'refused' THEN NULL ELSE g.time_from END,
        CASE WHEN g.report ? 'refused' THEN NULL ELSE g.time_to END
      FROM changed JOIN sub_group_member held ON held.item_id = changed.id JOIN sub_group g ON g.id = held.sub_group_id
      WHERE g.step_id = ${selection.stepId}
      UNION ALL
      SELECT dims - ${kindDims}::text[], time_from, time_to FROM sub_group
      WHERE step_id = ${selection.stepId} AND report ->> 'form' = 'collecting' AND iso_instant(report ->> 'closes_at') <= ${now}
    ),
    touched AS (SELECT key_dims, min(time_from) AS time_from, max(time_to) AS time_to FROM seen GROUP BY key_dims)
    SELECT key_dims AS "keyDims", ${rawSql(microseconds('time_from'))} AS "from", ${rawSql(microseconds('time_to'))} AS "to",
      coalesce((SELECT jsonb_agg(held.item_id) FROM sub_group g JOIN sub_group_member held ON held.sub_group_id = g.id
        WHERE g.step_id = ${selection.stepId} AND g.report ? 'refused'
          AND g.key = ${subGroupKey(`key_dims || '{"cluster": null}'`)}), '[]') AS unplaced
    FROM touched`,
  );
