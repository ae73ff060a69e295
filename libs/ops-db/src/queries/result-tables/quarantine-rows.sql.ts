import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface QuarantinedRow {
  readonly file: string;
  readonly line: number;
  readonly itemId: number | null;
  readonly reason: string;
  readonly content: string;
}

/** Keeps lines of an attempt that could not be read as rows; a line that is there is left alone. */
export async function quarantineRows(
  manager: EntityManager,
  { runId, attempt, rows }: { runId: number; attempt: number; rows: readonly QuarantinedRow[] },
): Promise<void> {
  if (rows.length === 0) return;
  await queryRows(
    manager,
    sql`
    INSERT INTO quarantined_row (run_id, attempt, file, line, item_id, reason, content)
    SELECT ${runId}, ${attempt}, file, line, item_id, reason, content
    FROM jsonb_to_recordset(${JSON.stringify(rows.map(({ itemId, ...row }) => ({ ...row, item_id: itemId })))}::jsonb)
      AS row (file text, line bigint, item_id bigint, reason text, content text)
    ON CONFLICT DO NOTHING`,
  );
}
