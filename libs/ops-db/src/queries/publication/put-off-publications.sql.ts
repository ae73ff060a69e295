import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { abandonedCopies } from './abandoned-copies.js';

export interface FailedCopy {
  readonly id: number;
  readonly reason: string;
}

/** Copies that did not succeed: tried again later while their step allows it, else failed. Only those that `owner` still holds. */
export async function putOffPublications(
  manager: EntityManager,
  { failed, owner, retrySeconds }: { failed: readonly FailedCopy[]; owner: string; retrySeconds: number },
): Promise<void> {
  if (failed.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH copied AS MATERIALIZED (
      SELECT id, item_id, data_location_id, CASE WHEN attempts >= max_attempts THEN path END AS path, copy.reason
      FROM publication
      JOIN unnest(${failed.map(({ id }) => id)}::bigint[], ${failed.map(({ reason }) => reason)}::text[]) AS copy (id, reason) USING (id)
      WHERE state = 'publishing' AND lease_owner = ${owner}
      FOR NO KEY UPDATE OF publication
    ), abandoned AS (${abandonedCopies('copied')})
    UPDATE publication SET state = CASE WHEN attempts >= max_attempts THEN 'failed' ELSE 'eligible' END, lease_owner = NULL, lease_expires_at = NULL,
      path = CASE WHEN attempts < max_attempts THEN publication.path END,
      reasons = ARRAY[copied.reason], changed_at = now(), moved_by = ${owner}, moved_why = copied.reason,
      not_before = now() + make_interval(secs => ${retrySeconds} * power(2, attempts - 1))
    FROM copied WHERE publication.id = copied.id
    RETURNING publication.id`,
  );
}
