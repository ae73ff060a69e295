import { sql, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** What a look at a location found. */
export type LocationHealth =
  | {
      readonly ok: true;
      readonly details: JsonObject;
      /** Of images that steps need there and cannot have, one sentence each: other software runs all the same. */
      readonly imageProblems: readonly string[];
    }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly action: string };

/** Writes down what was found. True when the location was healthy before and is not now, or the other way round. */
export async function recordLocationHealth(
  manager: EntityManager,
  { locationId, health }: { readonly locationId: number; readonly health: LocationHealth },
): Promise<boolean> {
  const [row] = await queryRows<{ changed: boolean }>(
    manager,
    sql`
    WITH before AS (SELECT health ->> 'ok' AS ok FROM data_location WHERE id = ${locationId} FOR NO KEY UPDATE)
    UPDATE data_location
    SET health = ${{ ...health }}::jsonb, health_checked_at = clock_timestamp()
    FROM before
    WHERE id = ${locationId}
    RETURNING before.ok IS DISTINCT FROM health ->> 'ok' AS changed
  `,
  );
  return row?.changed ?? false;
}
