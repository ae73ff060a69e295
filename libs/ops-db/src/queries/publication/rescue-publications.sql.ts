import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Publications whose publisher died or went silent are to be tried again; the attempt counts. Returns how many. */
export const rescuePublications = async (manager: EntityManager, actor: string): Promise<number> => {
  const rows = await queryRows(
    manager,
    sql`
    UPDATE publication SET state = CASE WHEN attempts >= max_attempts THEN 'failed' ELSE 'eligible' END, lease_owner = NULL, lease_expires_at = NULL,
      reasons = ARRAY['its publisher went silent'], changed_at = now(), moved_by = ${actor}, moved_why = 'its publisher went silent', not_before = now()
    WHERE state = 'publishing' AND lease_expires_at <= now()
    RETURNING id`,
  );
  return rows.length;
};
