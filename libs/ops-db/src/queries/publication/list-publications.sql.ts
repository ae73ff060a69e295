import { sql, type PublicationState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';
import { isoTime } from '../iso-time.js';

export interface PublicationRow {
  readonly id: number;
  readonly productId: number;
  readonly product: string;
  readonly pipeline: string;
  readonly step: string;
  readonly runId: number;
  readonly location: string;
  readonly state: PublicationState;
  /** Why it is not further. */
  readonly reasons: readonly string[];
  readonly version: number | null;
  readonly path: string | null;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: Date;
  readonly publishedAt: Date | null;
  /** How it came here, oldest first. */
  readonly events: readonly PublicationMove[];
}

export interface PublicationMove {
  readonly from: PublicationState | null;
  readonly to: PublicationState;
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
}

const COLUMNS = sql`
    SELECT publication.id, publication.item_id AS "productId", product.path AS product, pipeline.name AS pipeline, step.name AS step,
      product.run_id AS "runId", location.name AS location, publication.state, publication.reasons, publication.version, publication.path,
      publication.attempts, publication.max_attempts AS "maxAttempts", publication.created_at AS "createdAt", publication.published_at AS "publishedAt",
      (SELECT jsonb_agg(jsonb_build_object('from', from_state, 'to', to_state, 'actor', actor, 'reason', reason, 'at', ${isoTime('at')}) ORDER BY event.id)
       FROM publication_event event WHERE event.publication_id = publication.id) AS events
    FROM publication
    JOIN data_product product USING (item_id)
    JOIN run ON run.id = product.run_id
    JOIN pipeline ON pipeline.id = run.pipeline_id
    JOIN reduction_step step ON step.id = run.step_id
    JOIN data_location location ON location.id = publication.data_location_id`;

export interface PublicationsQuery {
  readonly state: PublicationState | null;
  readonly productId: number | null;
  /** Of products that this taint reaches. */
  readonly taintId: number | null;
  /** Publications before this one: the list goes from the newest to the oldest. */
  readonly before: number | null;
  readonly limit: number;
}

/** Up to `limit` publications, newest first. */
export const listPublications = (
  manager: EntityManager,
  { state, productId, taintId, before, limit }: PublicationsQuery,
): Promise<PublicationRow[]> =>
  queryRows(
    manager,
    sql`${COLUMNS}
    WHERE (${before}::bigint IS NULL OR publication.id < ${before}) AND (${state}::text IS NULL OR publication.state = ${state})
      AND (${productId}::bigint IS NULL OR publication.item_id = ${productId})
      AND (${taintId}::bigint IS NULL OR EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = publication.item_id AND reached.taint_id = ${taintId}))
    ORDER BY publication.id DESC LIMIT ${limit}`,
  );

export const findPublication = (manager: EntityManager, id: number): Promise<PublicationRow | undefined> =>
  queryRow(manager, sql`${COLUMNS} WHERE publication.id = ${id}`);
