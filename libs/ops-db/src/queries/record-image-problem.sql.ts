import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

const FIRST_PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 900;

/**
 * The image is not there, or is not what it must be; runs that wait for it say why. It is tried again after a pause that doubles.
 * Returns how often it failed in a row; null when it is not this owner's any more.
 */
export const recordImageProblem = async (
  manager: EntityManager,
  request: ImageKey & { readonly problem: string; readonly owner: string },
): Promise<number | null> => {
  const row = await queryRow<{ failures: number }>(
    manager,
    sql`
    WITH failed AS (
      UPDATE location_image
      SET path = NULL, file_state = NULL, sha256 = NULL, checked_at = now(), problem = ${request.problem}, failures = failures + 1,
          busy_owner = NULL,
          retry_at = now() + make_interval(secs => least(${FIRST_PAUSE_SECONDS} * 2 ^ least(failures, 20), ${LONGEST_PAUSE_SECONDS}))
      WHERE location_id = ${request.locationId} AND image = ${request.image} AND wanted_digest = ${request.wantedDigest}
        AND busy_owner = ${request.owner}
      RETURNING location_id, image, wanted_digest, failures, problem
    ), told AS (
      UPDATE run SET waiting_reason = failed.problem
      FROM failed JOIN reduction_software_version version
        ON version.image_ref = failed.image AND coalesce(version.image_digest, '') = failed.wanted_digest
      WHERE run.status = 'PENDING' AND run.location_id = failed.location_id AND run.software_version_id = version.id
        AND run.waiting_reason IS DISTINCT FROM failed.problem
    )
    SELECT failures FROM failed
  `,
  );
  return row?.failures ?? null;
};
