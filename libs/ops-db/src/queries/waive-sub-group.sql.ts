import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

export interface WaiverRequest {
  readonly subGroupId: number;
  /** Null takes the waiver back. */
  readonly waiver: { readonly by: string; readonly reason: string } | null;
}

/** Sets or takes back a waiver and asks for an evaluation; false when there is no such sub-group. */
export async function waiveSubGroup(
  manager: EntityManager,
  { subGroupId, waiver }: WaiverRequest,
): Promise<boolean> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH changed AS (
      UPDATE sub_group
      SET waived_at = CASE WHEN ${waiver?.by ?? null}::text IS NULL THEN NULL ELSE now() END,
          waived_by = ${waiver?.by ?? null}, waived_reason = ${waiver?.reason ?? null}
      WHERE id = ${subGroupId}
      RETURNING id, step_id
    ), told AS (
      INSERT INTO sub_group_change (step_id, sub_group_id) SELECT step_id, id FROM changed
    )
    SELECT id, pg_notify('meridian_work', 'evaluate') FROM changed
  `,
  );
  return row !== undefined;
}
