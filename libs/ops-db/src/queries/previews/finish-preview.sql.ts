import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export type PreviewEnd =
  | {
      readonly state: 'made';
      readonly locationId: number;
      readonly path: string;
      readonly sha256: string;
      readonly sizeBytes: number;
    }
  | { readonly state: 'impossible'; readonly reason: string }
  /** To be tried again. */
  | { readonly state: 'wanted'; readonly reason: string; readonly inSeconds: number };

/** Says what became of a wanted preview. Only for who still holds it: true when it did. */
export async function finishPreview(
  manager: EntityManager,
  { itemId, owner, end }: { itemId: number; owner: string; end: PreviewEnd },
): Promise<boolean> {
  const made = end.state === 'made' ? end : null;
  const rows = await queryRows(
    manager,
    sql`
    UPDATE product_preview SET state = ${end.state}, lease_owner = NULL,
      data_location_id = ${made?.locationId ?? null}::bigint, path = ${made?.path ?? null}::text,
      sha256 = ${made?.sha256 ?? null}::text, size_bytes = ${made?.sizeBytes ?? null}::integer,
      reason = ${end.state === 'made' ? null : end.reason}::text,
      not_before = CASE WHEN ${end.state} = 'wanted' THEN now() + make_interval(secs => ${end.state === 'wanted' ? end.inSeconds : 0}) ELSE not_before END
    WHERE item_id = ${itemId} AND state = 'wanted' AND lease_owner = ${owner}
    RETURNING item_id`,
  );
  return rows.length > 0;
}
