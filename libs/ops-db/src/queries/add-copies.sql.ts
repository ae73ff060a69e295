import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface CopyRecord {
  readonly itemId: number;
  readonly locationId: number;
  readonly path: string;
}

/** Notes that items are present at places; a copy that was gone, damaged or half deleted there is present again. */
export async function addCopies(manager: EntityManager, copies: readonly CopyRecord[]): Promise<void> {
  await queryRows(
    manager,
    sql`
    INSERT INTO physical_copy (item_id, data_location_id, path)
    SELECT * FROM unnest(${copies.map((copy) => copy.itemId)}::bigint[], ${copies.map((copy) => copy.locationId)}::bigint[],
                         ${copies.map((copy) => copy.path)}::text[]) AS incoming (item_id, location_id, path)
    ORDER BY location_id, path COLLATE "C"
    ON CONFLICT (data_location_id, path) DO UPDATE SET status = 'PRESENT', verified_at = NULL
      WHERE physical_copy.item_id = excluded.item_id AND physical_copy.status <> 'PRESENT'
  `,
  );
}
