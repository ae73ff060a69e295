import { rawSql, sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { stepMembers, subGroupKey, type StepSelection } from './step-members.js';

/**
 * Sub-groups that upstream sub-groups promise although no product of theirs is there yet, so that a downstream step
 * shows up as blocked instead of not at all.
 */
function promisedKeys(selection: StepSelection): SqlFragment {
  if (selection.upstreamStepIds.length === 0 || !selection.hasPlainKey)
    return sql`SELECT '{}'::jsonb AS key_dims WHERE false`;
  return sql`
    SELECT DISTINCT (SELECT coalesce(jsonb_object_agg(name, origin.common_dims -> name), '{}') FROM unnest(${selection.keyNames}::text[]) name) AS key_dims
    FROM sub_group origin
    WHERE origin.step_id = ANY(${selection.upstreamStepIds}) AND origin.member_count > 0
      AND origin.common_dims ?& ${selection.keyNames}::text[]`;
}

/**
 * Brings members, sizes, fingerprints and common dimensions of a step's sub-groups up to date, from scratch.
 *
 * Rows that did not change are not written. A sub-group that lost its last member stays, with zero members: its
 * history is still asked for. Returns how many rows changed.
 */
export async function refreshMembers(manager: EntityManager, selection: StepSelection): Promise<number> {
  const rows = await queryRows<{ changed: number }>(
    manager,
    sql`
    WITH member AS MATERIALIZED (${stepMembers(selection)}),
    counted AS (
      SELECT key_dims, count(*)::int AS member_count, sum(size_bytes)::bigint AS member_bytes,
        fingerprint(sum(hash_a), sum(hash_b)) AS input_fingerprint, max(changed_at) AS last_member_at
      FROM member GROUP BY key_dims
    ),
    wanted AS (
      SELECT ${subGroupKey('key_dims')} AS key, key_dims, member_count, member_bytes, input_fingerprint, last_member_at FROM counted
      UNION ALL
      SELECT ${subGroupKey('promised.key_dims')}, promised.key_dims, 0, 0, ${rawSql(`repeat('0', 32)`)}, NULL
      FROM (${promisedKeys(selection)}) promised
      WHERE NOT EXISTS (SELECT FROM counted WHERE counted.key_dims = promised.key_dims)
    ),
    changed AS (
      SELECT wanted.* FROM wanted
      LEFT JOIN sub_group known ON known.step_id = ${selection.stepId} AND known.key = wanted.key
      WHERE known.id IS NULL OR known.member_count <> wanted.member_count
        OR known.input_fingerprint <> wanted.input_fingerprint OR known.last_member_at IS DISTINCT FROM wanted.last_member_at
    ),
    -- A dimension is common when every member has it with the same value; lost ones fall away, whatever the key says stays.
    agreed AS (
      SELECT key_dims, name, min(value::text)::jsonb AS value
      FROM member JOIN changed USING (key_dims), LATERAL jsonb_each(member.dims) AS dim(name, value)
      GROUP BY key_dims, name, changed.member_count
      HAVING count(*) = changed.member_count AND min(value::text) = max(value::text)
    ),
    written AS (
      INSERT INTO sub_group (step_id, key, dims, common_dims, member_count, member_bytes, input_fingerprint, last_member_at)
      SELECT ${selection.stepId}, key, key_dims,
        coalesce((SELECT jsonb_object_agg(name, value) FROM agreed WHERE agreed.key_dims = changed.key_dims), '{}') || key_dims,
        member_count, member_bytes, input_fingerprint, last_member_at
      FROM changed ORDER BY key_dims
      ON CONFLICT (step_id, key) DO UPDATE SET common_dims = excluded.common_dims, member_count = excluded.member_count,
        member_bytes = excluded.member_bytes, input_fingerprint = excluded.input_fingerprint, last_member_at = excluded.last_member_at
      RETURNING 1
    ),
    emptied AS (
      UPDATE sub_group SET member_count = 0, member_bytes = 0, input_fingerprint = repeat('0', 32), last_member_at = NULL
      WHERE step_id = ${selection.stepId} AND member_count > 0 AND NOT EXISTS (SELECT FROM wanted WHERE wanted.key = sub_group.key)
      RETURNING 1
    )
    SELECT ((SELECT count(*) FROM written) + (SELECT count(*) FROM emptied))::int AS changed`,
  );
  return rows[0]?.changed ?? 0;
}
