import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface CopyRow {
  readonly location: string;
  readonly basePath: string;
  /** Relative to the base path. */
  readonly path: string;
  readonly status: string;
  readonly verifiedAt: Date | null;
}

/** The copies of an item, those that can be read first. */
export const listCopies = (manager: EntityManager, itemId: number): Promise<CopyRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT l.name AS location, l.base_path AS "basePath", c.path, c.status, c.verified_at AS "verifiedAt"
    FROM physical_copy c JOIN data_location l ON l.id = c.data_location_id
    WHERE c.item_id = ${itemId}
    ORDER BY (c.status IN ('PRESENT', 'STAGED')) DESC, c.id
  `,
  );
