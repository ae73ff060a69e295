import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { hasGoodCopy } from './good-copy.js';

export interface RemakeRequest {
  /** Products; those that have a good copy are left alone. */
  readonly itemIds: readonly number[];
  /** The run that needs them, and goes on when they are there; null when a person asks. */
  readonly waiterRunId: number | null;
  readonly actor: string;
  /** Also what was tried before in vain: a person says so. */
  readonly insist: boolean;
}

/**
 * Asks that products without a copy be made again: one request for each run that made some of them, whoever else asks at the same time. Returns how many
 * requests are new.
 *
 * What came out with other bytes, or did not come out at all, the last time is not asked for again by itself.
 */
export async function requestRemakes(manager: EntityManager, request: RemakeRequest): Promise<number> {
  const { itemIds, waiterRunId, actor, insist } = request;
  const row = await queryRow<{ asked: number }>(
    manager,
    sql`
    WITH lost AS MATERIALIZED (
      SELECT DISTINCT product.run_id FROM data_product product
      WHERE product.item_id = ANY(${itemIds}::bigint[]) AND NOT ${hasGoodCopy('product.item_id')}
    ), asked AS (
      INSERT INTO rematerialisation (run_id, requested_by)
      SELECT lost.run_id, ${actor}
      FROM lost LEFT JOIN LATERAL (SELECT state FROM rematerialisation known WHERE known.run_id = lost.run_id ORDER BY id DESC LIMIT 1) latest ON true
      WHERE ${insist}::boolean OR coalesce(latest.state, 'same') = 'same'
      ORDER BY lost.run_id
      -- DO UPDATE, not DO NOTHING: the id is needed also of one that another transaction asked for a moment ago.
      ON CONFLICT (run_id) WHERE finished_at IS NULL DO UPDATE SET requested_by = rematerialisation.requested_by
      RETURNING id, run_id, xmax = 0 AS is_new
    ), open AS (
      SELECT id FROM asked
      UNION SELECT known.id FROM lost JOIN rematerialisation known USING (run_id)
      WHERE known.id = (SELECT max(newest.id) FROM rematerialisation newest WHERE newest.run_id = lost.run_id)
    ), waiting AS (
      INSERT INTO rematerialisation_waiter (rematerialisation_id, run_id)
      SELECT id, ${waiterRunId}::bigint FROM open WHERE ${waiterRunId}::bigint IS NOT NULL
      ON CONFLICT DO NOTHING
    )
    SELECT count(*) FILTER (WHERE is_new)::int AS asked, pg_notify('meridian_work', 'runs') FROM asked`,
  );
  return row?.asked ?? 0;
}
