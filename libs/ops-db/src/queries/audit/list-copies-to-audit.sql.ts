import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface CopyToAudit {
  readonly copyId: number;
  readonly path: string;
  readonly status: 'PRESENT' | 'STAGED' | 'MISSING' | 'CORRUPT';
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface CopiesToAudit {
  readonly locationId: number;
  readonly after: string;
  readonly since: Date | null;
  readonly limit: number;
}

/** Copies that should be at a location, or were found not to be, in the order of their paths. What was deleted on purpose is none. */
export const listCopiesToAudit = (
  manager: EntityManager,
  { locationId, after, since, limit }: CopiesToAudit,
): Promise<CopyToAudit[]> =>
  queryRows(
    manager,
    sql`
    SELECT copy.id AS "copyId", copy.path, copy.status, item.size_bytes AS "sizeBytes", item.content_hash AS sha256
    FROM physical_copy copy JOIN data_item item ON item.id = copy.item_id
    WHERE copy.data_location_id = ${locationId} AND copy.path > ${after} AND copy.status IN ('PRESENT', 'STAGED', 'MISSING', 'CORRUPT')
      AND (${since}::timestamptz IS NULL OR copy.created_at >= ${since})
    ORDER BY copy.path LIMIT ${limit}`,
  );
