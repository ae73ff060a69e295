import { rawSql, sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { isNewSince } from './unseen.js';
import { MEMBER_SUMS } from './member-sums.js';
import { promisedKeys } from './promise-sub-groups.sql.js';
import { stepMembers, subGroupKey, type StepSelection } from './step-members.js';

export interface RebuildRequest {
  readonly selection: StepSelection;
  /**
   * The pg_snapshot that the step was last evaluated with: common dims are counted only where members changed since, or are not
   * those that were counted. Null counts them everywhere.
   */
  readonly since: string | null;
}

export interface RebuiltMembers {
  /** The members are as of this pg_snapshot. */
  readonly snapshot: string;
  /** Sub-groups whose members were not what they are now. */
  readonly changed: number;
}

const AGREED = sql`agreed(dims)`;
const NOT_COUNTED = sql`NULL::jsonb`;
const NO_KEYS = sql`SELECT NULL::jsonb AS key_dims, NULL::jsonb AS common_dims WHERE false`;

/** Sub-groups as the archive has them: `counted` for those with members, `wanted` with those that upstream promises. */
const wanted = (selection: StepSelection, commonDims: SqlFragment): SqlFragment => sql`
    counted AS MATERIALIZED (
      SELECT key_dims, ${MEMBER_SUMS}, ${commonDims} AS common_dims
      FROM (${stepMembers(selection)}) member GROUP BY key_dims
    ),
    wanted AS MATERIALIZED (
      SELECT ${subGroupKey('key_dims')} AS key, counted.* FROM counted
      UNION ALL
      SELECT ${subGroupKey('promised.key_dims')}, promised.key_dims, 0, 0, ${rawSql(`repeat('0', 32)`)}, NULL, NULL, NULL, NULL, NULL
      FROM (${promisedKeys(selection)}) promised
      WHERE NOT EXISTS (SELECT FROM counted WHERE counted.key_dims = promised.key_dims)
    )`;

/** True where the members that a sub-group `known` was last given are not those of `wanted`. */
const differs = sql`(known.member_count <> wanted.member_count OR known.member_bytes <> wanted.member_bytes
        OR known.input_fingerprint <> add_fingerprints(wanted.fingerprint, known.association_fingerprint)
        OR coalesce(known.last_member_at, '-infinity') < wanted.last_member_at)`;

/** What the members of the sub-groups in the statement's `counting` agree on. */
const agreementOf = (selection: StepSelection): SqlFragment => sql`
      SELECT key_dims, ${AGREED} AS common_dims FROM (${stepMembers(selection)}) m JOIN counting USING (key_dims)
      WHERE EXISTS (SELECT FROM counting) GROUP BY key_dims`;

/** Keys of the members that changed since a step was evaluated. */
function freshKeys(selection: StepSelection, since: string | null): SqlFragment {
  if (since === null) return NO_KEYS;
  const where = sql`item.id IN (SELECT item_id FROM data_item_change
    WHERE ${isNewSince(since)})`;
  return sql`SELECT DISTINCT key_dims FROM (${stepMembers(selection, { from: 'data_item', where })}) m`;
}

/**
 * Brings members, sizes, fingerprints and common dimensions of a step's sub-groups up to date, from scratch.
 *
 * Rows that did not change are not written. A sub-group that lost its last member stays, with zero members, when it has
 * runs: its history is still asked for.
 */
export async function rebuildMembers(
  manager: EntityManager,
  { selection, since }: RebuildRequest,
): Promise<RebuiltMembers> {
  const isFirst = since === null;
  const row = await queryRow<RebuiltMembers>(
    manager,
    sql`
    WITH ${wanted(selection, isFirst ? AGREED : NOT_COUNTED)},
    fresh AS MATERIALIZED (${freshKeys(selection, since)}),
    counting AS MATERIALIZED (
      SELECT wanted.* FROM wanted LEFT JOIN sub_group known ON known.step_id = ${selection.stepId} AND known.key = wanted.key
      WHERE ${isFirst}::boolean OR known.id IS NULL OR ${differs} OR wanted.key_dims IN (SELECT key_dims FROM fresh)
    ),
    agreement AS (${isFirst ? NO_KEYS : agreementOf(selection)}),
    written AS (
      INSERT INTO sub_group AS g (step_id, key, dims, common_dims, member_count, member_bytes, input_fingerprint,
        first_member_at, last_member_at, time_from, time_to)
      SELECT ${selection.stepId}, key, key_dims, coalesce(counting.common_dims, agreement.common_dims, '{}') || key_dims, member_count, member_bytes, fingerprint,
        first_member_at, last_member_at, time_from, time_to
      FROM counting LEFT JOIN agreement USING (key_dims) ORDER BY key_dims
      ON CONFLICT (step_id, key) DO UPDATE SET common_dims = excluded.common_dims, member_count = excluded.member_count,
        member_bytes = excluded.member_bytes, input_fingerprint = add_fingerprints(excluded.input_fingerprint, g.association_fingerprint),
        first_member_at = excluded.first_member_at, last_member_at = excluded.last_member_at,
        time_from = excluded.time_from, time_to = excluded.time_to
      WHERE (g.common_dims, g.member_count, g.member_bytes, g.input_fingerprint, g.first_member_at, g.last_member_at, g.time_from, g.time_to)
        IS DISTINCT FROM (excluded.common_dims, excluded.member_count, excluded.member_bytes,
          add_fingerprints(excluded.input_fingerprint, g.association_fingerprint), excluded.first_member_at, excluded.last_member_at,
          excluded.time_from, excluded.time_to)
      RETURNING 1
    ),
    -- Asked of key and number together: what is empty already is left alone.
    emptied AS (
      UPDATE sub_group SET member_count = 0, member_bytes = 0, input_fingerprint = association_fingerprint, first_member_at = NULL,
        last_member_at = NULL, time_from = NULL, time_to = NULL
      WHERE step_id = ${selection.stepId} AND member_count > 0 AND NOT EXISTS (SELECT FROM wanted WHERE wanted.key = sub_group.key)
      RETURNING 1
    ),
    forgotten AS (
      DELETE FROM sub_group WHERE step_id = ${selection.stepId} AND member_count = 0 AND last_run_id IS NULL AND waived_at IS NULL
        AND contributed_run_id IS NULL AND NOT EXISTS (SELECT FROM wanted WHERE wanted.key = sub_group.key)
    )
    SELECT pg_current_snapshot()::text AS snapshot,
      ((SELECT count(*) FROM written) + (SELECT count(*) FROM emptied))::int AS changed`,
  );
  if (row === undefined) throw new Error('the members gave no answer');
  return row;
}

/** How many sub-groups do not hold what a look at everything says: 0, or a defect. Reads only. */
export async function countDrift(manager: EntityManager, selection: StepSelection): Promise<number> {
  const row = await queryRow<{ drift: number }>(
    manager,
    sql`
    WITH ${wanted(selection, NOT_COUNTED)}
    SELECT count(*)::int AS drift
    FROM wanted FULL JOIN (SELECT * FROM sub_group WHERE step_id = ${selection.stepId}) known USING (key)
    WHERE known.id IS NULL OR (CASE WHEN wanted.key IS NULL THEN known.member_count > 0 ELSE ${differs} END)`,
  );
  return row?.drift ?? 0;
}
