import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

export interface ImageFile {
  /** Absolute. */
  readonly path: string;
  /** Size, times and inode as one text: another one means that the bytes have to be read again. */
  readonly fileState: string;
  readonly sha256: string;
}

/** The image is there; runs that waited for it are due. Nothing happens when it is not this owner's any more. */
export const recordImageFile = async (
  manager: EntityManager,
  request: ImageKey & ImageFile & { readonly owner: string },
): Promise<boolean> => {
  const rows = await queryRows(
    manager,
    sql`
    WITH ready AS (
      UPDATE location_image
      SET path = ${request.path}, file_state = ${request.fileState}, sha256 = ${request.sha256}, checked_at = now(),
          problem = NULL, failures = 0, busy_owner = NULL, retry_at = NULL
      WHERE location_id = ${request.locationId} AND image = ${request.image} AND wanted_digest = ${request.wantedDigest}
        AND busy_owner = ${request.owner}
      RETURNING location_id
    )
    SELECT location_id, pg_notify('meridian_work', 'runs') FROM ready
  `,
  );
  return rows.length > 0;
};
