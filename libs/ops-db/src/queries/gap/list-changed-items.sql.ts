import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { isNewSince } from './unseen.js';

export interface ChangedItems {
  /** Further changes are not visible in this pg_snapshot. */
  readonly snapshot: string;
  readonly ids: readonly number[];
}

/** Items that changed since the pg_snapshot `since`, whatever they are. */
export async function listChangedItems(manager: EntityManager, since: string): Promise<ChangedItems> {
  const row = await queryRow<ChangedItems>(
    manager,
    sql`
    SELECT pg_current_snapshot()::text AS snapshot, ARRAY(
      SELECT DISTINCT item_id FROM data_item_change
      WHERE ${isNewSince(since)}) AS ids`,
  );
  return { snapshot: row?.snapshot ?? since, ids: (row?.ids ?? []).map(Number) };
}
