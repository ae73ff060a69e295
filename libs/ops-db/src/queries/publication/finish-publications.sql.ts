import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/**
 * The bytes are there, verified, under their name: notes the copy and publishes. Only those that `owner` still holds: who lost the lease
 * changes nothing, and its copy is the same bytes under the same name as that of whoever has it. What was marked bad while it was copied is
 * not published: it goes back to its gate, which rejects it. Call it in a transaction that holds taints. Returns how many were published.
 */
export const finishPublications = async (
  manager: EntityManager,
  { ids, owner }: { ids: readonly number[]; owner: string },
): Promise<number> => {
  const rows = await queryRows(
    manager,
    sql`
    WITH refused AS (
      UPDATE publication SET state = 'eligible', changed_at = now(), lease_owner = NULL, lease_expires_at = NULL, not_before = now(),
        moved_by = ${owner}, moved_why = 'it was marked bad while it was copied'
      WHERE id = ANY(${ids}::bigint[]) AND state = 'publishing' AND lease_owner = ${owner}
        AND EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = publication.item_id)
    ), done AS (
      UPDATE publication SET state = 'published', published_at = now(), changed_at = now(), reasons = '{}', lease_owner = NULL, lease_expires_at = NULL,
        moved_by = ${owner}, moved_why = 'the copy has its checksum'
      WHERE id = ANY(${ids}::bigint[]) AND state = 'publishing' AND lease_owner = ${owner}
        AND NOT EXISTS (SELECT FROM tainted_product reached WHERE reached.item_id = publication.item_id)
      RETURNING id, item_id, data_location_id, path
    )
    INSERT INTO physical_copy (item_id, data_location_id, path, status, verified_at)
    SELECT item_id, data_location_id, path, 'PRESENT', now() FROM done
    ON CONFLICT (data_location_id, path) DO UPDATE SET status = 'PRESENT', verified_at = now()
    RETURNING id`,
  );
  return rows.length;
};
