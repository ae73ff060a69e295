import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

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
    UPDATE publication SET state = CASE WHEN attempts >= max_attempts THEN 'failed' ELSE 'eligible' END, lease_owner = NULL, lease_expires_at = NULL,
      reasons = ARRAY[copy.reason], changed_at = now(), moved_by = ${owner}, moved_why = copy.reason,
      not_before = now() + make_interval(secs => ${retrySeconds} * power(2, attempts - 1))
    FROM unnest(${failed.map(({ id }) => id)}::bigint[], ${failed.map(({ reason }) => reason)}::text[]) AS copy (id, reason)
    WHERE publication.id = copy.id AND publication.state = 'publishing' AND publication.lease_owner = ${owner}
    RETURNING publication.id`,
  );
}
