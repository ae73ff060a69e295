import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface Pause {
  readonly by: string;
  readonly reason: string | null;
}

/** Pauses a step, or (null) resumes it; the evaluation that it needs is asked for by a trigger. Pausing again changes who and why. */
export async function pauseStep(manager: EntityManager, stepId: number, pause: Pause | null): Promise<void> {
  await queryRows(
    manager,
    sql`
    UPDATE reduction_step
    SET paused_at = CASE WHEN ${pause?.by ?? null}::text IS NULL THEN NULL ELSE coalesce(paused_at, now()) END,
        paused_by = ${pause?.by ?? null}, pause_reason = ${pause?.reason ?? null}, updated_at = now()
    WHERE id = ${stepId}
  `,
  );
}
