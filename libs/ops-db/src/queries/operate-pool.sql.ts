import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';
import type { Pause } from './operate-step.sql.js';

/** Pauses a pool, or (null) resumes it: its steps' runs are created, and wait. Pausing again changes who and why. */
export async function pausePool(manager: EntityManager, poolId: number, pause: Pause | null): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE run_pool
    SET paused_at = CASE WHEN ${pause?.by ?? null}::text IS NULL THEN NULL ELSE coalesce(paused_at, now()) END,
        paused_by = ${pause?.by ?? null}, pause_reason = ${pause?.reason ?? null}, updated_at = now()
    WHERE id = ${poolId}
  `,
  );
}
