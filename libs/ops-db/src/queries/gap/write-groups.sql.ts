import { rawSql, sql, type Dims, type JsonObject, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { MEMBER_SUMS, slotsBy } from './member-sums.js';
import { subGroupKey, type StepSelection } from './step-members.js';

export interface GroupToWrite {
  /** By-key and what the kind adds to it. */
  readonly dims: Dims;
  readonly memberIds: readonly number[];
  readonly report: JsonObject;
}

export interface WriteGroups {
  readonly selection: Pick<StepSelection, 'stepId' | 'slotDim'>;
  readonly groups: readonly GroupToWrite[];
  /** Sub-groups that hold one of these items, and are not among `groups`, are gone; with `all`, whatever is not among them. */
  readonly consideredIds: readonly number[] | 'all';
}

/** What is to be: `member`, and of each key `fresh`. */
const wanted = ({ groups, selection }: WriteGroups): SqlFragment => sql`
    wanted AS MATERIALIZED (
      SELECT ${subGroupKey(`entry -> 'dims'`)} AS key, entry -> 'dims' AS dims, entry -> 'report' AS report, entry -> 'memberIds' AS ids
      FROM jsonb_array_elements(${JSON.stringify(groups)}::jsonb) entry
    ),
    member AS MATERIALIZED (
      SELECT wanted.key, item.id, item.dims, item.hash_a, item.hash_b, item.size_bytes, item.registered_at, item.changed_at,
        item.obs_time, item.obs_time_end
      FROM wanted, jsonb_array_elements_text(wanted.ids) AS held(id) JOIN data_item item ON item.id = held.id::bigint
    ),
    measured AS MATERIALIZED (
      SELECT key, ${MEMBER_SUMS}, agreed(dims) AS agreed_dims
      FROM member GROUP BY key
    ),
    filled AS MATERIALIZED (${slotsBy('key', selection.slotDim)}),
    fresh AS MATERIALIZED (
      SELECT wanted.dims, wanted.report, measured.agreed_dims || wanted.dims AS common_dims, coalesce(filled.slots, '{}') AS slots, measured.*
      FROM wanted JOIN measured USING (key) LEFT JOIN filled USING (key)
    )`;

const FACTS = (of: string, fingerprint: string, commonDims: string): string =>
  `(${of}.member_count, ${of}.member_bytes, ${fingerprint}, ${of}.first_member_at, ${of}.last_member_at, ${of}.time_from, ${of}.time_to,
    ${of}.report, ${of}.slots, ${commonDims})`;

/** What is there and is not wanted: `gone (id, is_forgotten)`. */
const gone = (stepId: number, consideredIds: WriteGroups['consideredIds']): SqlFragment => sql`
    gone AS MATERIALIZED (
      SELECT g.id, g.last_run_id IS NULL AND g.waived_at IS NULL AND g.forced_at IS NULL AND g.contributed_run_id IS NULL
        AND NOT EXISTS (SELECT FROM run WHERE run.sub_group_id = g.id) AS is_forgotten
      FROM sub_group g
      WHERE g.step_id = ${stepId} AND g.member_count > 0 AND NOT EXISTS (SELECT FROM fresh WHERE fresh.key = g.key)
        AND ${
          consideredIds === 'all'
            ? rawSql('true')
            : sql`g.id IN (SELECT sub_group_id FROM sub_group_member WHERE item_id = ANY(${consideredIds}::bigint[]))`
        }
    )`;

/**
 * Brings sub-groups and their members to what the formation of groups says of them, and empties those that are gone;
 * what has neither members nor a history is forgotten.
 *
 * Rows that did not change are not written. Returns the ids of those that did, and of what is forgotten: later steps may have
 * waited for it.
 */
export async function writeGroups(manager: EntityManager, request: WriteGroups): Promise<readonly number[]> {
  const { consideredIds } = request;
  const { stepId } = request.selection;
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`
    WITH ${wanted(request)},
    changed AS MATERIALIZED (
      SELECT fresh.* FROM fresh LEFT JOIN sub_group known ON known.step_id = ${stepId} AND known.key = fresh.key
      WHERE known.id IS NULL OR ${rawSql(FACTS('known', 'known.input_fingerprint', 'known.common_dims'))}
        IS DISTINCT FROM ${rawSql(FACTS('fresh', 'add_fingerprints(fresh.fingerprint, known.association_fingerprint)', 'fresh.common_dims'))}
    ),
    written AS (
      INSERT INTO sub_group AS g (step_id, key, dims, common_dims, member_count, member_bytes, input_fingerprint,
        first_member_at, last_member_at, time_from, time_to, report, slots)
      SELECT ${stepId}, key, dims, common_dims, member_count, member_bytes, fingerprint, first_member_at, last_member_at, time_from, time_to, report, slots
      FROM changed ORDER BY key
      ON CONFLICT (step_id, key) DO UPDATE SET common_dims = excluded.common_dims, member_count = excluded.member_count,
        member_bytes = excluded.member_bytes, input_fingerprint = add_fingerprints(excluded.input_fingerprint, g.association_fingerprint),
        first_member_at = excluded.first_member_at, last_member_at = excluded.last_member_at,
        time_from = excluded.time_from, time_to = excluded.time_to, report = excluded.report, slots = excluded.slots
      RETURNING g.id, g.key
    ),
    ${gone(stepId, consideredIds)},
    left_behind AS (
      DELETE FROM sub_group_member held USING written
      WHERE held.sub_group_id = written.id
        AND NOT EXISTS (SELECT FROM member WHERE member.key = written.key AND member.id = held.item_id)
    ),
    taken_away AS (DELETE FROM sub_group_member held USING gone WHERE held.sub_group_id = gone.id AND NOT is_forgotten),
    joined AS (
      INSERT INTO sub_group_member (sub_group_id, item_id)
      SELECT written.id, member.id FROM written JOIN member USING (key) ORDER BY 1, 2
      ON CONFLICT DO NOTHING
    ),
    emptied AS (
      UPDATE sub_group g SET member_count = 0, member_bytes = 0, input_fingerprint = association_fingerprint, first_member_at = NULL,
        last_member_at = NULL, time_from = NULL, time_to = NULL, report = '{}'
      FROM gone WHERE g.id = gone.id AND NOT is_forgotten
      RETURNING g.id
    ),
    forgotten AS (DELETE FROM sub_group g USING gone WHERE g.id = gone.id AND is_forgotten RETURNING g.id)
    SELECT id FROM written UNION ALL SELECT id FROM emptied UNION ALL SELECT id FROM forgotten ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}
