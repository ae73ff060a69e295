import { joinSql, rawSql, sql, type SqlFragment } from '@meridian/core';

/** Where the inputs of one step come from. Fragments use the alias `item` for data_item. */
export interface StepSelection {
  readonly stepId: number;
  /** FROM clause over `item` with the joins that `filter` needs. */
  readonly source: SqlFragment;
  readonly filter: SqlFragment;
  /** jsonb object of the step's group_by, null for a dimension an item does not have. */
  readonly keyDims: SqlFragment;
  /** Plain dimensions among the terms of group_by: those that upstream sub-groups can be matched on. */
  readonly keyNames: readonly string[];
  /** False when group_by has terms that are computed from a row: upstream sub-groups cannot tell their values. */
  readonly hasPlainKey: boolean;
  readonly upstreamStepIds: readonly number[];
  readonly takesRaw: boolean;
  readonly productTypes: readonly string[];
  /** POSIX regular expression on a product's path, or null for every path. */
  readonly pathPattern: string | null;
}

const COLUMNS = rawSql(
  'item.id, item.hash_a, item.hash_b, item.size_bytes, item.content_hash, item.dims, item.changed_at',
);

/** A file that is part of a package reaches the pipelines as the package, not twice. */
const rawMembers = (selection: StepSelection): SqlFragment => sql`
  SELECT ${COLUMNS}, NULL::bigint AS origin_id, ${selection.keyDims} AS key_dims
  FROM ${selection.source}
  WHERE item.kind <> 'DATA_PRODUCT' AND item.retired_at IS NULL AND (${selection.filter})
    AND NOT EXISTS (SELECT FROM raw_data_file packed WHERE packed.item_id = item.id AND packed.raw_data_package_id IS NOT NULL)`;

/** Products of the newest completed run of each upstream sub-group that still has members. */
const upstreamMembers = (selection: StepSelection): SqlFragment => sql`
  SELECT ${COLUMNS}, origin.id AS origin_id, ${selection.keyDims} AS key_dims
  FROM sub_group origin
  JOIN data_product product ON product.run_id = origin.last_completed_run_id
  JOIN data_item item ON item.id = product.item_id
  WHERE origin.step_id = ANY(${selection.upstreamStepIds}) AND origin.member_count > 0
    AND product.type = ANY(${selection.productTypes})
    ${selection.pathPattern === null ? rawSql('') : sql`AND product.path ~ ${selection.pathPattern}`}`;

/** One row per item that the step may take now, with `key_dims`: the sub-group that it belongs to. */
export function stepMembers(selection: StepSelection): SqlFragment {
  const parts = [
    ...(selection.takesRaw ? [rawMembers(selection)] : []),
    ...(selection.upstreamStepIds.length > 0 ? [upstreamMembers(selection)] : []),
  ];
  return joinSql(parts, ' UNION ALL ');
}

/** The identity of a sub-group within its step, over a jsonb expression. */
export const subGroupKey = (dims: string): SqlFragment =>
  sql`${rawSql(`left(encode(sha256(convert_to((${dims})::text, 'UTF8')), 'hex'), 16)`)}`;
