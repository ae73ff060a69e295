import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

/** Asks for an audit of every location whose last one began longer than so many days ago, or that never had one. Returns how many. */
export async function scheduleAudits(
  manager: EntityManager,
  { everyDays, checksums, actor }: { everyDays: number; checksums: boolean; actor: string },
): Promise<number> {
  const rows = await queryRows(
    manager,
    sql`
    INSERT INTO location_audit (data_location_id, checksums, requested_by)
    SELECT location.id, ${checksums}, ${actor}
    FROM data_location location
    WHERE location.created_at <= now() - make_interval(days => ${everyDays})
      AND NOT EXISTS (SELECT FROM location_audit audit WHERE audit.data_location_id = location.id AND audit.created_at > now() - make_interval(days => ${everyDays}))
      AND EXISTS (SELECT FROM physical_copy copy WHERE copy.data_location_id = location.id)
    ON CONFLICT (data_location_id) WHERE finished_at IS NULL DO NOTHING
    RETURNING id`,
  );
  return rows.length;
}
