import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** What a circuit breaker is about, whatever the failure class. */
export interface BreakerScope {
  readonly locationId: number;
  readonly stepId: number;
}

export interface TakenOutcomes {
  readonly taken: number;
  /** The steps and places that they are of, each once. */
  readonly scopes: readonly BreakerScope[];
}

/**
 * Marks up to `limit` failures as judged, oldest first. The caller judges their steps in the same transaction, so that a
 * failure is considered exactly once: when that does not commit, it is taken again.
 */
export async function takeBreakerOutcomes(
  transaction: EntityManager,
  { limit }: { limit: number },
): Promise<TakenOutcomes> {
  const rows = await queryRows<BreakerScope>(
    transaction,
    sql`
    UPDATE run_outcome SET is_judged = true
    WHERE id IN (SELECT id FROM run_outcome WHERE NOT is_judged ORDER BY id LIMIT ${limit} FOR UPDATE)
    RETURNING location_id AS "locationId", step_id AS "stepId"
  `,
  );
  const scopes = new Map(rows.map((scope) => [`${scope.locationId} ${scope.stepId}`, scope]));
  return { taken: rows.length, scopes: [...scopes.values()] };
}
