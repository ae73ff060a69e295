import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

/** Lets nothing more be purged at a location, or, with null, lets it go on. False when that was so already. */
export const pausePurging = async (
  manager: EntityManager,
  { locationId, pause }: { locationId: number; pause: { actor: string; reason: string } | null },
): Promise<boolean> =>
  (await queryRow(
    manager,
    pause === null
      ? sql`UPDATE data_location SET purge_paused_at = NULL, purge_paused_by = NULL, purge_pause_reason = NULL
            WHERE id = ${locationId} AND purge_paused_at IS NOT NULL RETURNING id`
      : sql`UPDATE data_location SET purge_paused_at = coalesce(purge_paused_at, now()), purge_paused_by = ${pause.actor}, purge_pause_reason = ${pause.reason}
            WHERE id = ${locationId} AND (purge_paused_at IS NULL OR purge_pause_reason IS DISTINCT FROM ${pause.reason}) RETURNING id`,
  )) !== undefined;
