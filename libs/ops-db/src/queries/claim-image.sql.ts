import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

/**
 * Makes `owner` the one who fetches or reads this image, for `leaseSeconds` unless renewed; false when somebody else does, or
 * when it failed a short while ago. From now on no run that needs it is claimed.
 */
export const claimImage = async (
  manager: EntityManager,
  request: ImageKey & { readonly owner: string; readonly leaseSeconds: number },
): Promise<boolean> => {
  const rows = await queryRows(
    manager,
    sql`
    INSERT INTO location_image (location_id, image, wanted_digest, busy_owner, retry_at)
    VALUES (${request.locationId}, ${request.image}, ${request.wantedDigest}, ${request.owner},
            now() + make_interval(secs => ${request.leaseSeconds}))
    ON CONFLICT (location_id, image, wanted_digest) DO UPDATE
      SET busy_owner = excluded.busy_owner, retry_at = excluded.retry_at
      WHERE location_image.retry_at IS NULL OR location_image.retry_at <= now()
    RETURNING location_id
  `,
  );
  return rows.length > 0;
};
