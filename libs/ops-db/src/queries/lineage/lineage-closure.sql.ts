import { rawSql, sql, type RawSql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';

/** Where a walk begins: at items, or at runs. */
export interface LineageRoots {
  readonly itemIds?: readonly number[];
  readonly runIds?: readonly number[];
}

export interface ClosureRequest extends LineageRoots {
  /** How many runs at most, the nearest first. */
  readonly mostRuns: number;
}

/** Every run and item that a walk reaches, the roots included: each once, so a diamond costs no more than a chain and a circle ends. */
export interface LineageClosure {
  /** The nearest first. */
  readonly runIds: readonly number[];
  readonly itemIds: readonly number[];
  /** There are more runs than were asked for. */
  readonly isCut: boolean;
}

/** Ids as JSON texts: of tens of thousands, parsing arrays would take a tenth of the walk. */
interface ClosureRow {
  readonly runIds: string;
  readonly itemIds: string;
}

const asJson = (array: string): RawSql =>
  rawSql(`'[' || coalesce(array_to_string(${array}, ','), '') || ']'`);

/**
 * All that these items, or what these runs used, are made of: the runs and what they used.
 *
 * The walk is from run to run; what they used or made is looked up at its end. A step of the walk is a LATERAL subquery that cannot be flattened:
 * for as many rows as a walk may reach in theory, a planner would rather read whole tables.
 */
export const lineageUp = async (
  manager: EntityManager,
  { itemIds = [], runIds = [], mostRuns }: ClosureRequest,
): Promise<LineageClosure> =>
  closureOf(
    await queryPrepared<ClosureRow>(
      manager,
      sql`
    WITH RECURSIVE made_by (run_id) AS (
      SELECT * FROM unnest(${runIds}::bigint[])
      UNION
      SELECT product.run_id FROM data_product product WHERE product.item_id = ANY(${itemIds}::bigint[])
      UNION
      SELECT product.run_id FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id
      JOIN data_product product ON product.item_id = member.item_id WHERE run.id = ANY(${runIds}::bigint[])
      UNION
      SELECT source.source_run_id FROM made_by, LATERAL (SELECT source_run_id FROM run_source WHERE run_id = made_by.run_id OFFSET 0) source
    ), nearest AS MATERIALIZED (SELECT run_id FROM made_by LIMIT ${mostRuns + 1}), used AS (
      SELECT * FROM unnest(${itemIds}::bigint[]) AS root (item_id)
      UNION ALL
      SELECT member.item_id FROM (SELECT run_id FROM nearest LIMIT ${mostRuns}) shown, LATERAL (
        SELECT member.item_id FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id WHERE run.id = shown.run_id OFFSET 0) member
    )
    SELECT ${asJson('(SELECT array_agg(run_id) FROM nearest)')} AS "runIds", ${asJson('(SELECT array_agg(item_id) FROM used)')} AS "itemIds"`,
    ),
    mostRuns,
  );

/** All that was made of these items, or of what these runs made: runs that have products, and those. */
export const lineageDown = async (
  manager: EntityManager,
  { itemIds = [], runIds = [], mostRuns }: ClosureRequest,
): Promise<LineageClosure> =>
  closureOf(
    await queryPrepared<ClosureRow>(
      manager,
      sql`
    WITH RECURSIVE made (run_id) AS (
      SELECT * FROM unnest(${runIds}::bigint[])
      UNION
      SELECT user_of.id FROM unnest(${itemIds}::bigint[]) AS root (item_id), LATERAL (
        SELECT run.id FROM input_set_member member JOIN run ON run.input_set_id = member.input_set_id
        WHERE member.item_id = root.item_id AND EXISTS (SELECT FROM data_product WHERE run_id = run.id) OFFSET 0) user_of
      UNION
      SELECT user_of.run_id FROM made, LATERAL (SELECT run_id FROM run_source WHERE source_run_id = made.run_id OFFSET 0) user_of
    ), nearest AS MATERIALIZED (SELECT run_id FROM made LIMIT ${mostRuns + 1}), made_products AS (
      SELECT * FROM unnest(${itemIds}::bigint[]) AS root (item_id)
      UNION ALL
      SELECT product.item_id FROM (SELECT run_id FROM nearest LIMIT ${mostRuns}) shown,
        LATERAL (SELECT item_id FROM data_product WHERE run_id = shown.run_id OFFSET 0) product
    )
    SELECT ${asJson('(SELECT array_agg(run_id) FROM nearest)')} AS "runIds", ${asJson('(SELECT array_agg(item_id) FROM made_products)')} AS "itemIds"`,
    ),
    mostRuns,
  );

function closureOf([row]: readonly ClosureRow[], mostRuns: number): LineageClosure {
  const runIds = JSON.parse(row?.runIds ?? '[]') as number[];
  return {
    runIds: runIds.slice(0, mostRuns),
    itemIds: [...new Set(JSON.parse(row?.itemIds ?? '[]') as number[])],
    isCut: runIds.length > mostRuns,
  };
}
