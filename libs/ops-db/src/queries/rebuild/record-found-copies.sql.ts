import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface FoundCopy {
  /** Of the product, in the output directory of the attempt that made it. */
  readonly path: string;
  readonly status: 'PRESENT' | 'MISSING' | 'CORRUPT';
}

/** Says of the copies of a run's products what is there of them. */
export async function recordFoundCopies(
  manager: EntityManager,
  { runId, found }: { runId: number; found: readonly FoundCopy[] },
): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE physical_copy copy SET status = found.status, verified_at = CASE WHEN found.status = 'PRESENT' THEN copy.verified_at END
    FROM unnest(${found.map(({ path }) => path)}::text[], ${found.map(({ status }) => status)}::text[]) AS found (path, status)
    JOIN data_product product ON product.run_id = ${runId} AND product.path = found.path
    WHERE copy.item_id = product.item_id AND copy.status <> found.status
    RETURNING copy.id`,
  );
}

export interface RemadeFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Files of an attempt that only made products of another run again are copies of those, where they are the same. Returns how many. */
export async function addRemadeCopies(
  manager: EntityManager,
  {
    runId,
    locationId,
    directory,
    files,
  }: { runId: number; locationId: number; directory: string; files: readonly RemadeFile[] },
): Promise<number> {
  const rows = await queryRows(
    manager,
    sql`
    INSERT INTO physical_copy (item_id, data_location_id, path, status, verified_at)
    SELECT item.id, ${locationId}, ${directory}::text || '/output/' || file.path, 'PRESENT', now()
    FROM unnest(${files.map(({ path }) => path)}::text[], ${files.map(({ sha256 }) => sha256)}::text[], ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[])
      AS file (path, sha256, size_bytes)
    JOIN data_product product ON product.run_id = ${runId} AND product.path = file.path
    JOIN data_item item ON item.id = product.item_id AND item.content_hash = file.sha256 AND item.size_bytes = file.size_bytes
    ON CONFLICT (data_location_id, path) DO NOTHING
    RETURNING id`,
  );
  return rows.length;
}
