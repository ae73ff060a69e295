import { sql, type JsonObject, type SqlFragment } from '@meridian/core';
import { subGroupKey } from './step-members.js';

export interface TouchedSubGroup {
  readonly id: number;
  /** Something left that the rest may not make up for: common dims and time range must be counted again. */
  readonly isNarrowed: boolean;
  readonly memberCount: number;
  /** The common dims before, where they are not the same: a step after this one may have counted on them. */
  readonly wasDims: JsonObject | null;
}

/**
 * Adds what is in the statement's relation `contribution (sign, id, hash_a, hash_b, size_bytes, dims, registered_at, changed_at,
 * obs_time, obs_time_end, key_dims)` to the sub-groups of a step: relations `net`, `narrowed`, `written`, `touched (id, is_narrowed, member_count, was_dims)`.
 *
 * Sums only: the cost is that of the contributions, whatever the sub-groups hold. What sums cannot tell (a dimension that
 * all members share again once one has left) is left to `recountSubGroups`, where `is_narrowed`.
 */
export const addContributions = (stepId: number): SqlFragment => sql`
    net AS (
      SELECT key_dims, sum(sign)::int AS members, sum(sign * size_bytes)::bigint AS bytes,
        fingerprint(sum(sign * hash_a::numeric), sum(sign * hash_b::numeric)) AS fingerprint,
        count(*) FILTER (WHERE sign > 0) AS arrivals, min(registered_at) FILTER (WHERE sign > 0) AS first_at,
        max(changed_at) FILTER (WHERE sign > 0) AS last_at, min(obs_time) FILTER (WHERE sign > 0) AS time_from,
        max(coalesce(obs_time_end, obs_time)) FILTER (WHERE sign > 0) AS time_to, agreed(dims) FILTER (WHERE sign > 0) AS common_dims
      FROM contribution GROUP BY key_dims
    ),
    -- A result made again comes with the dims of the one that it replaces: nothing is narrowed by that.
    narrowed AS (
      SELECT DISTINCT key_dims FROM (
        SELECT key_dims FROM contribution WHERE EXISTS (SELECT FROM contribution WHERE sign < 0)
        GROUP BY key_dims, dims, obs_time, obs_time_end HAVING sum(sign) < 0) lost
    ),
    written AS (
      INSERT INTO sub_group AS g (step_id, key, dims, common_dims, member_count, member_bytes, input_fingerprint,
        first_member_at, last_member_at, time_from, time_to)
      SELECT ${stepId}, ${subGroupKey('net.key_dims')}, net.key_dims, coalesce(net.common_dims, '{}') || net.key_dims,
        members, bytes, fingerprint, first_at, last_at, time_from, time_to
      FROM net ORDER BY net.key_dims
      ON CONFLICT (step_id, key) DO UPDATE SET
        member_count = g.member_count + excluded.member_count, member_bytes = g.member_bytes + excluded.member_bytes,
        input_fingerprint = add_fingerprints(g.input_fingerprint, excluded.input_fingerprint),
        -- Without an arrival, excluded.last_member_at is NULL, and its common dims say nothing.
        common_dims = CASE WHEN excluded.last_member_at IS NULL THEN g.common_dims WHEN g.member_count = 0 THEN excluded.common_dims
          ELSE agree_further(g.common_dims, excluded.common_dims) || g.dims END,
        first_member_at = CASE WHEN g.member_count + excluded.member_count > 0 THEN least(g.first_member_at, excluded.first_member_at) END,
        last_member_at = CASE WHEN g.member_count + excluded.member_count > 0 THEN greatest(g.last_member_at, excluded.last_member_at) END,
        time_from = CASE WHEN g.member_count + excluded.member_count > 0 THEN least(g.time_from, excluded.time_from) END,
        time_to = CASE WHEN g.member_count + excluded.member_count > 0 THEN greatest(g.time_to, excluded.time_to) END
      RETURNING g.id, g.member_count > 0 AND EXISTS (SELECT FROM narrowed WHERE narrowed.key_dims = g.dims) AS is_narrowed, g.member_count, g.common_dims
    ),
    -- The rows as they were before this statement.
    touched AS (
      SELECT written.id, is_narrowed, written.member_count,
        CASE WHEN known.common_dims <> written.common_dims THEN known.common_dims END AS was_dims
      FROM written
      LEFT JOIN LATERAL (SELECT common_dims FROM sub_group WHERE sub_group.id = written.id OFFSET 0) known ON true
    )`;
