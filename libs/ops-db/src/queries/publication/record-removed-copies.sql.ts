import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { WENT_SILENT } from './abandoned-copies.js';

/**
 * The public bytes of these copies are not there any more. One whose publisher went silent less than `watchSeconds` ago stays on the list:
 * that publisher may wake up, and finish its copy. Returns how many are gone for good.
 */
export const recordRemovedCopies = async (
  manager: EntityManager,
  { copyIds, watchSeconds }: { copyIds: readonly number[]; watchSeconds: number },
): Promise<number> => {
  const rows = await queryRows<{ status: string }>(
    manager,
    sql`
    UPDATE physical_copy copy SET status = CASE WHEN EXISTS (
        SELECT FROM publication JOIN publication_event event ON event.publication_id = publication.id
        WHERE publication.item_id = copy.item_id AND publication.data_location_id = copy.data_location_id
          AND event.from_state = 'publishing' AND event.reason = ${WENT_SILENT} AND event.at > now() - make_interval(secs => ${watchSeconds})
      ) THEN 'DELETION_SCHEDULED' ELSE 'DELETED' END
    WHERE id = ANY(${copyIds}::bigint[]) AND status <> 'DELETED'
    RETURNING status`,
  );
  return rows.filter(({ status }) => status === 'DELETED').length;
};
