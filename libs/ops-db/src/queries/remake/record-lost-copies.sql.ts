import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface LostCopy {
  readonly copyId: number;
  readonly becomes: 'MISSING' | 'CORRUPT';
}

/** Whoever wanted to read these copies found them gone, or not as registered. */
export async function recordLostCopies(manager: EntityManager, lost: readonly LostCopy[]): Promise<void> {
  if (lost.length === 0) return;
  await queryRows(
    manager,
    sql`
    UPDATE physical_copy copy SET status = lost.becomes
    FROM unnest(${lost.map(({ copyId }) => copyId)}::bigint[], ${lost.map(({ becomes }) => becomes)}::text[]) AS lost (copy_id, becomes)
    WHERE copy.id = lost.copy_id AND copy.status IN ('PRESENT', 'STAGED')
    RETURNING copy.id`,
  );
}
