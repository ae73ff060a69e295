import { joinSql, rawSql, sql, type FilterTable, type GroupByTerm, type SqlFragment } from '@meridian/core';
import { itemSource } from '../item-source.sql.js';

/** Where the inputs of one step come from. Fragments use the alias `item` for data_item. */
export interface StepSelection {
  readonly stepId: number;
  /** Membership is no function of one row: members are listed in sub_group_member. */
  readonly isStored: boolean;
  /** Tables that `filter` reads. */
  readonly tables: ReadonlySet<FilterTable>;
  readonly filter: SqlFragment;
  /** Terms of the step's group_by, and the jsonb object they make: null for a dimension an item does not have. */
  readonly terms: readonly GroupByTerm[];
  readonly keyDims: SqlFragment;
  /** Plain dimensions among the terms of group_by: those that upstream sub-groups can be matched on. */
  readonly keyNames: readonly string[];
  /** False when group_by has terms that are computed from a row: upstream sub-groups cannot tell their values. */
  readonly hasPlainKey: boolean;
  readonly upstreamStepIds: readonly number[];
  readonly takesRaw: boolean;
  /** How many items the archive holds, about. */
  readonly archiveItems: number;
  readonly productTypes: readonly string[];
  /** POSIX regular expression on a product's path, or null for every path. */
  readonly pathPattern: string | null;
  /** The dimension whose values the step expects a set of, or null: which of them the members have is kept with them. */
  readonly slotDim: string | null;
}

const COLUMNS = rawSql(
  `item.id, item.hash_a, item.hash_b, item.size_bytes, item.content_hash, item.dims, item.registered_at, item.changed_at,
    item.obs_time, item.obs_time_end`,
);

/** Where the rows are taken from, and which of them: all, or those that a further condition admits. */
export interface MemberRows {
  /** A relation with the columns of data_item. */
  readonly from: string;
  readonly where: SqlFragment;
}
const ALL: MemberRows = { from: 'data_item', where: sql`true` };

/** Raw items that the step takes. A file that is part of a package reaches the pipelines as the package, not twice. */
export const rawMembers = (selection: StepSelection, rows: MemberRows = ALL): SqlFragment => sql`
  SELECT ${COLUMNS}, NULL::bigint AS origin_id, ${selection.keyDims} AS key_dims
  FROM ${itemSource(selection.tables, rows.from)}
  WHERE item.kind <> 'DATA_PRODUCT' AND item.retired_at IS NULL AND item.raw_data_package_id IS NULL
    AND (${rows.where}) AND (${selection.filter})`;

/** Products that a step takes of a run, over the aliases `product` and `item`. */
export const isTaken = ({ productTypes, pathPattern }: StepSelection): SqlFragment =>
  sql`product.type = ANY(${productTypes}) ${pathPattern === null ? rawSql('') : sql`AND product.path ~ ${pathPattern}`}`;

/** Products of the run that each upstream sub-group offers: its newest completed one, while it has members. */
const upstreamMembers = (selection: StepSelection, { where }: MemberRows): SqlFragment => sql`
  SELECT ${COLUMNS}, origin.id AS origin_id, ${selection.keyDims} AS key_dims
  FROM sub_group origin
  JOIN data_product product ON product.run_id = origin.contributed_run_id
  JOIN data_item item ON item.id = product.item_id
  WHERE origin.step_id = ANY(${selection.upstreamStepIds}) AND ${isTaken(selection)} AND (${where})`;

/** One row per item that the step may take now, with `key_dims`: the sub-group that it belongs to. */
export function stepMembers(selection: StepSelection, rows: MemberRows = ALL): SqlFragment {
  const parts = [
    ...(selection.takesRaw ? [rawMembers(selection, rows)] : []),
    ...(selection.upstreamStepIds.length > 0 ? [upstreamMembers(selection, rows)] : []),
  ];
  return joinSql(parts, ' UNION ALL ');
}

/** How the members of some sub-groups are found: through an index for each, or by one look at everything. */
export type Reach = 'probe' | 'scan' | 'stored';

/** A probe of a sub-group takes as long as so many items of a scan. */
const ITEMS_PER_PROBE = 100;
/** However few items there are thought to be: nobody may have counted them yet. */
const LEAST_PROBES = 200;

/** The faster look into the archive for the members of so many sub-groups. */
export const archiveReachOf = ({ archiveItems }: StepSelection, subGroups: number): 'probe' | 'scan' =>
  subGroups <= Math.max(LEAST_PROBES, archiveItems / ITEMS_PER_PROBE) ? 'probe' : 'scan';

export const reachOf = (selection: StepSelection, subGroups: number): Reach =>
  selection.isStored ? 'stored' : archiveReachOf(selection, subGroups);

/**
 * The members of the sub-groups in a relation `target (id, dims)` of the statement: `sub_group_id` and the columns of
 * `stepMembers`.
 */
export function membersOfTargets(selection: StepSelection, reach: Reach): SqlFragment {
  switch (reach) {
    case 'scan':
      return sql`SELECT target.id AS sub_group_id, m.* FROM (${stepMembers(selection)}) m JOIN target ON target.dims = m.key_dims`;
    case 'probe':
      return sql`
      SELECT target.id AS sub_group_id, m.* FROM target
      CROSS JOIN LATERAL (SELECT * FROM (${stepMembers(selection, { from: 'data_item', where: isWithinTarget(selection) })}) found
        WHERE found.key_dims = target.dims) m`;
    case 'stored':
      return sql`
      SELECT target.id AS sub_group_id, ${COLUMNS}, NULL::bigint AS origin_id, target.dims AS key_dims
      FROM target JOIN sub_group_member held ON held.sub_group_id = target.id JOIN data_item item ON item.id = held.item_id`;
  }
}

/** What an index can say of membership before the key is computed, over `item` and `target.dims`. A null says nothing. */
function isWithinTarget({ terms, keyNames }: StepSelection): SqlFragment {
  const plain = keyNames.map((name) => sql`${name}::text, target.dims -> ${name}::text`);
  const conditions = terms.flatMap((term) => {
    const seconds = term.kind === 'time_bucket' ? term.seconds : term.kind === 'date' ? 86_400 : null;
    if (seconds === null) return [];
    const start = sql`iso_instant(target.dims ->> ${term.name}::text)`;
    return [
      sql`(item.obs_time >= ${start} AND item.obs_time < ${start} + make_interval(secs => ${seconds}::float8)
        OR item.dims @> jsonb_build_object(${term.name}::text, target.dims -> ${term.name}::text)
        OR target.dims ->> ${term.name}::text IS NULL)`,
    ];
  });
  if (plain.length > 0)
    conditions.unshift(sql`item.dims @> jsonb_strip_nulls(jsonb_build_object(${joinSql(plain, ', ')}))`);
  return joinSql(conditions, ' AND ', 'true');
}

/** The identity of a sub-group within its step, over a jsonb expression. */
export const subGroupKey = (dims: string): SqlFragment =>
  sql`${rawSql(`left(encode(sha256(convert_to((${dims})::text, 'UTF8')), 'hex'), 16)`)}`;
