import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { ImageKey } from './load-images.sql.js';

/**
 * The images that living steps of enabled pipelines need at these locations and that are due for a look: never looked for, failed
 * and to be tried again, or not looked at for `everySeconds`.
 */
export const listWantedImages = (
  manager: EntityManager,
  locationIds: readonly number[],
  everySeconds: number,
): Promise<ImageKey[]> =>
  queryRows(
    manager,
    sql`
    SELECT wanted."locationId", wanted.image, wanted."wantedDigest"
    FROM (
      SELECT DISTINCT location.id AS "locationId", version.image_ref AS image, coalesce(version.image_digest, '') AS "wantedDigest"
      FROM data_location location
      JOIN pipeline ON pipeline.processing_location_id = location.id AND pipeline.enabled
      JOIN reduction_step step ON step.pipeline_id = pipeline.id AND step.retired_at IS NULL
      JOIN reduction_software_version version ON version.id = step.software_version_id
      WHERE location.id = ANY(${locationIds}::bigint[]) AND location.runtime <> 'host' AND version.image_ref IS NOT NULL
    ) AS wanted
    LEFT JOIN location_image known
      ON known.location_id = wanted."locationId" AND known.image = wanted.image AND known.wanted_digest = wanted."wantedDigest"
    WHERE (known.retry_at IS NULL OR known.retry_at <= now())
      AND (known.checked_at IS NULL OR known.path IS NULL OR known.checked_at < now() - make_interval(secs => ${everySeconds}))
    ORDER BY 1, 2, 3
  `,
  );
