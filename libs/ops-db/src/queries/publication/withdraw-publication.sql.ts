import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Takes a published product back; its version is never given again. False when it is not published. */
export const withdrawPublication = async (
  manager: EntityManager,
  { id, actor, reason }: { id: number; actor: string; reason: string },
): Promise<boolean> =>
  (await queryRow(
    manager,
    sql`
    UPDATE publication SET state = 'withdrawn', reasons = ARRAY[${reason}::text], changed_at = now(), moved_by = ${actor}, moved_why = ${reason}
    WHERE id = ${id} AND state = 'published' RETURNING id`,
  )) !== undefined;
