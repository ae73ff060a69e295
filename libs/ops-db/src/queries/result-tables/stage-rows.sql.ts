import { sql, type JsonScalar } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { heldCollection, type HeldCollection } from './held-collection.js';

export interface RowToStage {
  readonly tableId: number;
  /** From 1. */
  readonly line: number;
  readonly itemId: number | null;
  /** In the order of the version's columns. */
  readonly cells: readonly JsonScalar[];
}

/** Puts rows of an attempt where settling finds them; a line that is there is left alone, and so is a run that somebody else collects. */
export async function stageRows(
  manager: EntityManager,
  { rows, ...held }: HeldCollection & { readonly rows: readonly RowToStage[] },
): Promise<void> {
  if (rows.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH held AS MATERIALIZED (${heldCollection(held)})
    INSERT INTO staged_row (run_id, attempt, table_id, line, item_id, cells)
    SELECT held.run_id, held.attempt, table_id, line, item_id, cells
    FROM held, unnest(${rows.map(({ tableId }) => tableId)}::bigint[], ${rows.map(({ line }) => line)}::bigint[],
      ${rows.map(({ itemId }) => itemId)}::bigint[], ${rows.map(({ cells }) => JSON.stringify(cells))}::jsonb[]) AS row (table_id, line, item_id, cells)
    ON CONFLICT DO NOTHING`,
  );
}
