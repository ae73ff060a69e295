import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { CopyStatus } from '../entities/index.js';
import { queryRows } from '../sql.js';

export interface RawFileAddress {
  readonly externalId: string;
  readonly locationId: number;
  readonly path: string;
}

/** What the archive knows of one row of an ingest request already. */
export interface KnownRawFile {
  /** Index of the row in the request. */
  readonly index: number;
  /** The file with this external id. */
  readonly itemId: number | null;
  readonly contentHash: string | null;
  readonly isRetired: boolean;
  readonly packageId: number | null;
  /** The item that has a copy at this location and path. */
  readonly copyItemId: number | null;
  readonly copyStatus: CopyStatus | null;
}

/** One entry for every address that is known by its external id or by its place; the others are new. */
export const findKnownRawFiles = (
  manager: EntityManager,
  addresses: readonly RawFileAddress[],
): Promise<KnownRawFile[]> =>
  queryRows<KnownRawFile>(
    manager,
    sql`
    SELECT (incoming.number - 1)::int AS index, file.item_id AS "itemId", item.content_hash AS "contentHash",
           (item.retired_at IS NOT NULL) AS "isRetired", file.raw_data_package_id AS "packageId",
           copy.item_id AS "copyItemId", copy.status AS "copyStatus"
    FROM unnest(${addresses.map((one) => one.externalId)}::text[], ${addresses.map((one) => one.locationId)}::bigint[],
                ${addresses.map((one) => one.path)}::text[]) WITH ORDINALITY AS incoming (external_id, location_id, path, number)
    LEFT JOIN raw_data_file file ON file.external_id = incoming.external_id
    LEFT JOIN data_item item ON item.id = file.item_id
    LEFT JOIN physical_copy copy ON copy.data_location_id = incoming.location_id AND copy.path = incoming.path
    WHERE file.item_id IS NOT NULL OR copy.id IS NOT NULL
  `,
  );
