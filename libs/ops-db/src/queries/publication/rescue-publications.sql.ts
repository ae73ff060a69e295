import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { abandonedCopies, WENT_SILENT } from './abandoned-copies.js';

/** Publications whose publisher died or went silent are to be tried again; the attempt counts. Returns how many. */
export const rescuePublications = async (manager: EntityManager, actor: string): Promise<number> => {
  const rows = await queryRows(
    manager,
    sql`
    WITH silent AS MATERIALIZED (
      SELECT id, item_id, data_location_id, CASE WHEN attempts >= max_attempts THEN path END AS path FROM publication
      WHERE state = 'publishing' AND lease_expires_at <= now()
      FOR NO KEY UPDATE SKIP LOCKED
    ), abandoned AS (${abandonedCopies('silent')})
    UPDATE publication SET state = CASE WHEN attempts >= max_attempts THEN 'failed' ELSE 'eligible' END, lease_owner = NULL, lease_expires_at = NULL,
      path = CASE WHEN attempts < max_attempts THEN publication.path END,
      reasons = ARRAY[${WENT_SILENT}::text], changed_at = now(), moved_by = ${actor}, moved_why = ${WENT_SILENT}, not_before = now()
    FROM silent WHERE publication.id = silent.id
    RETURNING publication.id`,
  );
  return rows.length;
};
