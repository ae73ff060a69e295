import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

/** An image that was there is there still. */
export const recordImageSeen = async (manager: EntityManager, key: ImageKey): Promise<void> => {
  await queryRows(
    manager,
    sql`
    UPDATE location_image SET checked_at = now()
    WHERE location_id = ${key.locationId} AND image = ${key.image} AND wanted_digest = ${key.wantedDigest} AND path IS NOT NULL
  `,
  );
};
