import { rawSql, sql, type RawSql, type SqlFragment, type StaleReason } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import {
  PRODUCT_COLUMNS,
  PRODUCT_TABLES,
  productsMatch,
  type ProductFilter,
  type ProductRow,
} from '../list-products.sql.js';

/** After which product a page begins, in the order of runs and then of products, newest first. */
export interface ProductPosition {
  readonly runId: number;
  readonly id: number;
}

export interface CurrencyQuery extends ProductFilter {
  readonly before: ProductPosition | null;
  readonly limit: number;
}

export interface StaleProductRow extends ProductRow {
  readonly staleReasons: readonly StaleReason[];
}

/** TRUE of what comes after `before`; `runId` and `itemId` are SQL. */
export const isBefore = (runId: string, itemId: string, { before }: CurrencyQuery): SqlFragment =>
  before === null
    ? sql`TRUE`
    : sql`${rawSql(runId)} <= ${before.runId} AND (${rawSql(runId)}, ${rawSql(itemId)}) < (${before.runId}, ${before.id})`;

/** Its run has ended, and nobody has judged it since: what was said before led to that run, and is no word on its products. */
const IS_UNJUDGED = `(g.state = 'running' AND g.last_run_id = g.last_completed_run_id)`;

/** What is said of the result of a sub-group that is not current; a run on its way was told why. */
const REASONS_OF_RESULT = rawSql(`coalesce(
      nullif(CASE WHEN g.state = 'running' THEN (SELECT coalesce(nullif(now_on.causes, '{}'), '{forced}') FROM run now_on WHERE now_on.id = g.last_run_id)
        ELSE g.causes END, '{}'), '{}')
      || CASE WHEN g.detail ? 'blocked_by' OR (g.state <> 'running' AND g.causes = '{}') THEN '{upstream_not_current}'::text[] ELSE '{}' END`);

/**
 * Results that are current by themselves, but were made from stale ones: down from these, run by run, through frozen inputs and
 * calibrations. Where no step takes what is merely available, nor binds calibrations, there can be none, and nothing is read.
 */
const MADE_FROM_STALE = rawSql(`
    lenient AS MATERIALIZED (
      SELECT count(*) > 0 AS any FROM reduction_step WHERE retired_at IS NULL AND (upstream_policy = 'available' OR associations <> '[]')
    ),
    reached(run_id, is_itself) AS (
      SELECT g.last_completed_run_id, true FROM sub_group g
      WHERE g.last_completed_run_id IS NOT NULL AND g.state <> 'current' AND NOT ${IS_UNJUDGED} AND (SELECT lenient.any FROM lenient)
      UNION
      SELECT consumer.run_id, false
      FROM reached CROSS JOIN LATERAL (
        SELECT g.last_completed_run_id AS run_id
        FROM data_product made
        CROSS JOIN LATERAL (
          SELECT run.id, run.sub_group_id FROM input_set_member member JOIN run ON run.input_set_id = member.input_set_id WHERE member.item_id = made.item_id
          UNION ALL
          SELECT run.id, run.sub_group_id FROM run_association bound JOIN run ON run.id = bound.run_id WHERE bound.item_id = made.item_id
        ) took
        JOIN sub_group g ON g.id = took.sub_group_id AND g.last_completed_run_id = took.id AND g.state = 'current'
        WHERE made.run_id = reached.run_id OFFSET 0
      ) consumer
    )`);

/**
 * Up to `limit` products that are not what would be made today, with the reasons, by run and id, newest first: superseded ones, those of
 * sub-groups that are not current, and those that were made from such. By what the trigger-manager last found of recipes and inputs;
 * files are not looked at. Each part comes from an index of what is stale alone.
 */
export const listStaleProducts = (
  manager: EntityManager,
  query: CurrencyQuery,
): Promise<StaleProductRow[]> => {
  // OFFSET 0: what there is to say of one product is looked up for it, where the planner would join and sort all that are stale.
  const part = (
    reasons: RawSql,
    from: string,
    runId: string,
    isOne: string,
    isStale: RawSql,
  ): SqlFragment => sql`
      (SELECT found.item_id, ${rawSql(runId)} AS run_id, ${reasons} AS reasons
       FROM ${rawSql(from)} CROSS JOIN LATERAL (
         SELECT p.item_id FROM ${PRODUCT_TABLES} WHERE ${rawSql(isOne)} AND item.retired_at IS NULL AND ${productsMatch(query)} OFFSET 0
       ) found
       WHERE ${isStale} AND ${isBefore(runId, 'found.item_id', query)}
       ORDER BY ${rawSql(runId)} DESC, found.item_id DESC LIMIT ${query.limit})`;
  const result = 'g.last_completed_run_id';
  return queryRows(
    manager,
    sql`
    WITH RECURSIVE ${MADE_FROM_STALE},
    page AS MATERIALIZED (
      ${part(rawSql(`'{superseded}'::text[]`), 'data_product made', 'made.run_id', 'p.item_id = made.item_id', rawSql('made.superseded_at IS NOT NULL'))}
      UNION ALL
      ${part(REASONS_OF_RESULT, 'sub_group g', result, `p.run_id = ${result}`, rawSql(`g.state <> 'current' AND ${result} IS NOT NULL AND NOT ${IS_UNJUDGED}`))}
      UNION ALL
      ${part(rawSql(`'{made_from_stale}'::text[]`), 'reached', 'reached.run_id', 'p.run_id = reached.run_id', rawSql('NOT reached.is_itself'))}
    )
    SELECT ${PRODUCT_COLUMNS}, page.reasons AS "staleReasons"
    FROM page JOIN (${PRODUCT_TABLES}) ON p.item_id = page.item_id
    ORDER BY page.run_id DESC, page.item_id DESC LIMIT ${query.limit}`,
  );
};
