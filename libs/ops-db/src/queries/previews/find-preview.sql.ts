import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export const PREVIEW_STATES = ['found', 'wanted', 'made', 'impossible'] as const;
export type PreviewState = (typeof PREVIEW_STATES)[number];

/** The picture of a product, or why there is none. */
export interface PreviewRow {
  readonly state: PreviewState;
  readonly foundItemId: number | null;
  readonly basePath: string | null;
  /** Below the base path. */
  readonly path: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
  readonly reason: string | null;
}

export const findProductPreview = (manager: EntityManager, itemId: number): Promise<PreviewRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT preview.state, preview.found_item_id AS "foundItemId", location.base_path AS "basePath", preview.path, preview.sha256,
      preview.size_bytes AS "sizeBytes", preview.reason
    FROM product_preview preview LEFT JOIN data_location location ON location.id = preview.data_location_id
    WHERE preview.item_id = ${itemId}`,
  );
