import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface PublicationRequest {
  readonly productId: number;
  /** The name of a location; null: where its step publishes. */
  readonly to: string | null;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Stages a product for publication because a person asks for it, with the gate of its step, or the strictest one where that has none; what was
 * rejected, or failed, is staged again. Undefined when there is no such product or place; what is under way is left alone.
 */
export const requestPublication = (
  manager: EntityManager,
  { productId, to, actor, reason }: PublicationRequest,
): Promise<{ readonly id: number } | undefined> =>
  queryRow(
    manager,
    sql`
    INSERT INTO publication (item_id, data_location_id, gate, max_attempts, moved_by, moved_why)
    SELECT product.item_id, location.id, coalesce(step.publication -> 'gate', '{}'), coalesce((step.publication ->> 'max_attempts')::integer, 3), ${actor}, ${reason}
    FROM data_product product JOIN run ON run.id = product.run_id JOIN reduction_step step ON step.id = run.step_id
    JOIN data_location location ON location.name = coalesce(${to}, step.publication ->> 'to') AND location.kind <> 'PROCESSING'
    WHERE product.item_id = ${productId}
    ON CONFLICT (item_id, data_location_id) DO UPDATE SET
      state = CASE WHEN publication.state IN ('rejected', 'failed') THEN 'staged' ELSE publication.state END,
      attempts = CASE WHEN publication.state IN ('rejected', 'failed') THEN 0 ELSE publication.attempts END,
      gate = CASE WHEN publication.state IN ('rejected', 'failed') THEN excluded.gate ELSE publication.gate END,
      not_before = now(), changed_at = now(), moved_by = excluded.moved_by, moved_why = excluded.moved_why
    RETURNING id`,
  );
