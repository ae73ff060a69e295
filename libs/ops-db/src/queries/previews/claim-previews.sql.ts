import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { HELD_LOCATION, type HeldLocation } from '../held-location.js';

/** A product that wants a picture. */
export interface ClaimedPreview {
  readonly itemId: number;
  readonly sizeBytes: number;
  /** How often it was tried, this time included. */
  readonly attempts: number;
  /** A copy where its run left it; null when its bytes are not there any more. */
  readonly copy: {
    readonly location: HeldLocation;
    /** Below the base of the location. */
    readonly path: string;
  } | null;
}

export interface PreviewsToClaim {
  readonly owner: string;
  readonly leaseSeconds: number;
  readonly limit: number;
}

/** Takes up to `limit` wanted previews, the longest wanted first. One whose maker went silent is taken like any other when its time has passed. */
export const claimPreviews = (
  manager: EntityManager,
  { owner, leaseSeconds, limit }: PreviewsToClaim,
): Promise<ClaimedPreview[]> =>
  queryRows(
    manager,
    sql`
    WITH next AS (
      SELECT item_id FROM product_preview WHERE state = 'wanted' AND not_before <= now()
      ORDER BY not_before LIMIT ${limit} FOR NO KEY UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE product_preview SET lease_owner = ${owner}::text, attempts = attempts + 1, not_before = now() + make_interval(secs => ${leaseSeconds})
      FROM next WHERE product_preview.item_id = next.item_id
      RETURNING product_preview.item_id, attempts
    )
    SELECT claimed.item_id AS "itemId", item.size_bytes AS "sizeBytes", claimed.attempts, kept.copy
    FROM claimed JOIN data_item item ON item.id = claimed.item_id
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object('path', copy.path, 'location', ${HELD_LOCATION}) AS copy
      FROM physical_copy copy JOIN data_location location ON location.id = copy.data_location_id
      WHERE copy.item_id = claimed.item_id AND copy.status = 'PRESENT' AND location.backend IS NOT NULL
      ORDER BY copy.id LIMIT 1
    ) kept ON true
    ORDER BY claimed.item_id`,
  );
