import { rawSql, sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';
import { dimsAmong } from '../dims-among.js';
import { amongIds } from './among-ids.js';
import { subGroupKey, type StepSelection } from './step-members.js';

/**
 * Keys that upstream sub-groups promise although no product of theirs may be there yet, so that a downstream step shows up
 * as blocked instead of not at all. `ids` null: of every upstream sub-group.
 */
export function promisedKeys(selection: StepSelection, ids: readonly number[] | null = null): SqlFragment {
  if (selection.upstreamStepIds.length === 0 || !selection.hasPlainKey)
    return sql`SELECT '{}'::jsonb AS key_dims WHERE false`;
  return sql`
    SELECT DISTINCT ${dimsAmong('origin.common_dims', selection.keyNames)} AS key_dims
    FROM sub_group origin
    WHERE origin.step_id = ANY(${selection.upstreamStepIds}) AND origin.member_count > 0
      AND ${amongIds('origin.id', ids)}
      AND origin.common_dims ?& ${selection.keyNames}::text[]`;
}

/** Adds the sub-groups that some upstream sub-groups (null: all) promise and that are not there yet; returns their ids. */
export async function promiseSubGroups(
  manager: EntityManager,
  { selection, upstreamIds }: { selection: StepSelection; upstreamIds: readonly number[] | null },
): Promise<number[]> {
  const rows = await queryPrepared<{ id: number }>(
    manager,
    sql`
    INSERT INTO sub_group (step_id, key, dims, common_dims)
    SELECT ${selection.stepId}, ${subGroupKey('key_dims')}, key_dims, key_dims
    FROM (${promisedKeys(selection, upstreamIds)}) promised ORDER BY key_dims
    ON CONFLICT (step_id, key) DO NOTHING
    RETURNING ${rawSql('id')}`,
  );
  return rows.map(({ id }) => id);
}
