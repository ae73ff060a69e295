import { rawSql, sql, type Dims, type SplitMember, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { itemSource } from '../item-source.sql.js';
import { microseconds } from './find-touched-partitions.sql.js';
import { archiveReachOf, membersOfTargets, stepMembers, type StepSelection } from './step-members.js';

export interface MemberScope {
  readonly keyDims: Dims;
  /** Microseconds since 1970, inclusive. */
  readonly from: number;
  readonly to: number;
}

/**
 * Which members: `all` · those of some by-keys · those of some by-keys within a range of time each, and items by their
 * id · items by their id.
 */
export type PartitionReach =
  | { readonly kind: 'all' }
  | { readonly kind: 'keys'; readonly keys: readonly Dims[] }
  | { readonly kind: 'ranges'; readonly scopes: readonly MemberScope[]; readonly ids: readonly number[] }
  | { readonly kind: 'items'; readonly ids: readonly number[] };

export interface PartitionMember extends SplitMember {
  readonly keyDims: Dims;
}

export interface MembersRequest {
  readonly selection: StepSelection;
  readonly reach: PartitionReach;
  /** What `row` holds: nothing, the item, or its telescope, too. */
  readonly rows: 'none' | 'item' | 'item_and_telescope';
}

const instant = (value: SqlFragment): SqlFragment =>
  sql`(timestamptz 'epoch' + ${value} * interval '1 microsecond')`;

/** One range that holds all of them, for the index on obs_time. */
function overall(scopes: readonly MemberScope[]): SqlFragment {
  const ranges = scopes.filter(({ from, to }) => from <= to);
  if (ranges.length === 0) return sql`false`;
  const from = Math.min(...ranges.map((range) => range.from));
  const to = Math.max(...ranges.map((range) => range.to));
  return sql`item.obs_time BETWEEN ${instant(sql`${from}::float8`)} AND ${instant(sql`${to}::float8`)}`;
}

function reached(selection: StepSelection, reach: PartitionReach): SqlFragment {
  switch (reach.kind) {
    case 'all':
      return sql`found AS (${stepMembers(selection)})`;
    case 'keys':
      return sql`target AS MATERIALIZED (
        SELECT ordinality AS id, value AS dims FROM jsonb_array_elements(${JSON.stringify(reach.keys)}::jsonb) WITH ORDINALITY
      ), found AS (${membersOfTargets(selection, archiveReachOf(selection, reach.keys.length))})`;
    case 'items':
      return sql`found AS (${stepMembers(selection, { from: 'data_item', where: sql`item.id = ANY(${reach.ids}::bigint[])` })})`;
    case 'ranges': {
      const where = sql`${overall(reach.scopes)} OR item.id = ANY(${reach.ids}::bigint[])`;
      return sql`target AS MATERIALIZED (
        SELECT value -> 'keyDims' AS dims, ${instant(sql`(value -> 'from')::float8`)} AS time_from, ${instant(sql`(value -> 'to')::float8`)} AS time_to
        FROM jsonb_array_elements(${JSON.stringify(reach.scopes)}::jsonb)
      ), found AS (
        SELECT m.* FROM (${stepMembers(selection, { from: 'data_item', where })}) m
        JOIN target ON target.dims = m.key_dims AND (m.obs_time BETWEEN time_from AND time_to OR m.id = ANY(${reach.ids}::bigint[])))`;
    }
  }
}

const rowOf = (tables: string): string =>
  `jsonb_build_object('id', item.id, 'kind', item.kind, 'name', item.name, 'content_hash', item.content_hash,
  'size_bytes', item.size_bytes, 'obs_time', item.obs_time, 'obs_time_end', item.obs_time_end, 'ra_deg', item.ra_deg,
  'dec_deg', item.dec_deg, 'registered_at', item.registered_at, 'dims', item.dims, 'metadata', item.metadata, 'tables', ${tables})`;

const ROWS = {
  none: { row: `'{}'::jsonb`, tables: null },
  item: { row: rowOf(`'{}'::jsonb`), tables: [] },
  item_and_telescope: {
    row: rowOf(
      `CASE WHEN telescope.id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('Telescope', to_jsonb(telescope)) END`,
    ),
    tables: ['Telescope'],
  },
} as const;

/** Items that a step may take now, as the formation of groups sees them, with their by-keys. In no order. */
export const loadPartitionMembers = (
  manager: EntityManager,
  { selection, reach, rows }: MembersRequest,
): Promise<PartitionMember[]> => {
  const { row, tables } = ROWS[rows];
  return queryRows<PartitionMember>(
    manager,
    sql`
    WITH ${reached(selection, reach)}
    SELECT found.id, ${rawSql(microseconds('found.obs_time'))} AS time, ${rawSql(microseconds('found.obs_time_end'))} AS "timeEnd",
      ${rawSql(microseconds('found.changed_at'))} AS "changedAt", found.dims, found.key_dims AS "keyDims", ${rawSql(row)} AS row
    FROM ${tables === null ? rawSql('found') : sql`${itemSource(tables)} JOIN found ON found.id = item.id`}`,
  );
};
