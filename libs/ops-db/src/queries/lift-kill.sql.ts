import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/**
 * Lets the scope of a kill go on: ends the stop of everything, or gives a kill up that has no proof yet. Runs that it cancelled
 * stay so, and a pause that it made is undone by resuming what it paused.
 *
 * Returns undefined when the kill holds nothing, because it is settled or was lifted before, or does not exist.
 */
export const liftKill = (
  manager: EntityManager,
  { killId, actor }: { killId: number; actor: string },
): Promise<{ id: number } | undefined> =>
  queryRow(
    manager,
    sql`UPDATE kill_request SET lifted_at = now(), lifted_by = ${actor} WHERE id = ${killId} AND holds
        RETURNING id, pg_notify('meridian_work', 'runs')`,
  );
