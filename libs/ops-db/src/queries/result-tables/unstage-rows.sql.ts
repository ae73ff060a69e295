import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { heldCollection, type HeldCollection } from './held-collection.js';

/** Takes lines of a table out of staging; nothing of a run that somebody else collects. */
export async function unstageRows(
  manager: EntityManager,
  {
    tableId,
    lines,
    ...held
  }: HeldCollection & { readonly tableId: number; readonly lines: readonly number[] },
): Promise<void> {
  await queryRows(
    manager,
    sql`WITH held AS MATERIALIZED (${heldCollection(held)})
        DELETE FROM staged_row USING held
        WHERE staged_row.run_id = held.run_id AND staged_row.attempt = held.attempt AND table_id = ${tableId} AND line = ANY(${lines}::bigint[])`,
  );
}
