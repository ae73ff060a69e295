import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** What is kept of a sub-group's members, as columns of an aggregate over them. */
export const MEMBER_SUMS = rawSql(`count(*)::int AS member_count, sum(size_bytes)::bigint AS member_bytes,
        fingerprint(sum(hash_a), sum(hash_b)) AS fingerprint, min(registered_at) AS first_member_at, max(changed_at) AS last_member_at,
        min(obs_time) AS time_from, max(coalesce(obs_time_end, obs_time)) AS time_to`);

/** How many of the rows of the statement's `member` have each value of a dimension, by a column of it: `(key, slots)`. No row where none has one. */
export const slotsBy = (key: string, slotDim: string | null): SqlFragment => sql`
      SELECT ${rawSql(key)}, jsonb_object_agg(slot, members) AS slots
      FROM (SELECT ${rawSql(key)}, scalar_json(dims -> ${slotDim}::text)::text AS slot, count(*) AS members FROM member GROUP BY 1, 2) slot
      WHERE slot IS NOT NULL GROUP BY ${rawSql(key)}`;
