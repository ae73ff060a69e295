import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { heldCollection, type HeldCollection } from './held-collection.js';

/** Forgets what is staged of a run, of whatever attempt; nothing of a run that somebody else collects. */
export async function clearStagedRows(manager: EntityManager, held: HeldCollection): Promise<void> {
  await queryRows(
    manager,
    sql`WITH held AS MATERIALIZED (${heldCollection(held)}) DELETE FROM staged_row USING held WHERE staged_row.run_id = held.run_id`,
  );
}
