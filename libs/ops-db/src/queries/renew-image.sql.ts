import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

/** Keeps an image claimed; false when it is somebody else's by now. */
export const renewImage = async (
  manager: EntityManager,
  request: ImageKey & { readonly owner: string; readonly leaseSeconds: number },
): Promise<boolean> => {
  const rows = await queryRows(
    manager,
    sql`
    UPDATE location_image SET retry_at = now() + make_interval(secs => ${request.leaseSeconds})
    WHERE location_id = ${request.locationId} AND image = ${request.image} AND wanted_digest = ${request.wantedDigest}
      AND busy_owner = ${request.owner}
    RETURNING location_id
  `,
  );
  return rows.length > 0;
};
