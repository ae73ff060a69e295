import { sql, type RemakeState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

export interface RematerialisationRow {
  readonly id: number;
  /** Whose products are made again. */
  readonly runId: number;
  readonly remakeRunId: number | null;
  readonly pipeline: string;
  readonly step: string;
  readonly state: RemakeState;
  readonly reason: string;
  readonly requestedBy: string;
  /** Runs that need it. */
  readonly waitingRuns: readonly number[];
  readonly products: readonly RemadeProduct[];
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface RemadeProduct {
  readonly product_id: number;
  readonly path: string;
  readonly outcome: 'same' | 'different' | 'absent';
  /** As registered. */
  readonly sha256: string;
  readonly found_sha256: string | null;
  /** Where the bytes that came out are, relative to the location's base. */
  readonly found_path: string | null;
}

const COLUMNS = sql`
    SELECT asked.id, asked.run_id AS "runId", asked.remake_run_id AS "remakeRunId", pipeline.name AS pipeline, step.name AS step, asked.state,
      asked.reason, asked.requested_by AS "requestedBy", asked.created_at AS "createdAt", asked.finished_at AS "finishedAt",
      ARRAY(SELECT waiter.run_id FROM rematerialisation_waiter waiter JOIN run waiting ON waiting.id = waiter.run_id AND waiting.status = 'PENDING'
            WHERE waiter.rematerialisation_id = asked.id ORDER BY waiter.run_id LIMIT 100) AS "waitingRuns",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('product_id', remade.item_id, 'path', product.path, 'outcome', remade.outcome,
          'sha256', item.content_hash, 'found_sha256', remade.sha256, 'found_path', remade.path) ORDER BY remade.item_id), '[]')
       FROM remade_product remade JOIN data_product product USING (item_id) JOIN data_item item ON item.id = remade.item_id
       WHERE remade.rematerialisation_id = asked.id) AS products
    FROM rematerialisation asked JOIN run ON run.id = asked.run_id
    JOIN reduction_step step ON step.id = run.step_id JOIN pipeline ON pipeline.id = run.pipeline_id`;

export interface RematerialisationsQuery {
  readonly state: RemakeState | null;
  readonly productId: number | null;
  /** Those before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` of them, newest first. */
export const listRematerialisations = (
  manager: EntityManager,
  { state, productId, before, limit }: RematerialisationsQuery,
): Promise<RematerialisationRow[]> =>
  queryRows(
    manager,
    sql`${COLUMNS}
    WHERE (${before}::bigint IS NULL OR asked.id < ${before}) AND (${state}::text IS NULL OR asked.state = ${state})
      AND (${productId}::bigint IS NULL OR asked.run_id = (SELECT run_id FROM data_product WHERE item_id = ${productId}))
    ORDER BY asked.id DESC LIMIT ${limit}`,
  );

export const findRematerialisation = (
  manager: EntityManager,
  id: number,
): Promise<RematerialisationRow | undefined> => queryRow(manager, sql`${COLUMNS} WHERE asked.id = ${id}`);
