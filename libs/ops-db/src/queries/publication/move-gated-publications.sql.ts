import { sql, type PublicationState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface GateMove {
  readonly id: number;
  readonly from: PublicationState;
  /** The same state: it waits, for these reasons. */
  readonly to: PublicationState;
  readonly reasons: readonly string[];
}

/**
 * Moves publications through their gate, or notes what they wait for and looks again later. Of what is rejected after copying had begun, bytes
 * may be there: they are noted as a copy to be deleted.
 */
export async function moveGatedPublications(
  manager: EntityManager,
  { moves, actor, lookAgainSeconds }: { moves: readonly GateMove[]; actor: string; lookAgainSeconds: number },
): Promise<void> {
  if (moves.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH moved AS (
    UPDATE publication SET state = moved.to_state, reasons = ARRAY(SELECT jsonb_array_elements_text(moved.reasons)), changed_at = now(), moved_by = ${actor},
      moved_why = coalesce(moved.reasons ->> 0, 'the gate is open'),
      not_before = CASE WHEN moved.to_state = moved.from_state THEN now() + make_interval(secs => ${lookAgainSeconds}) ELSE now() END
    FROM jsonb_to_recordset(${JSON.stringify(moves.map(({ id, from, to, reasons }) => ({ id, from_state: from, to_state: to, reasons })))}::jsonb)
      AS moved(id bigint, from_state text, to_state text, reasons jsonb)
    WHERE publication.id = moved.id AND publication.state = moved.from_state
    RETURNING publication.item_id, publication.data_location_id, publication.path, publication.state)
    INSERT INTO physical_copy (item_id, data_location_id, path, status)
    SELECT item_id, data_location_id, path, 'DELETION_SCHEDULED' FROM moved WHERE state = 'rejected' AND path IS NOT NULL
    ON CONFLICT (data_location_id, path) DO UPDATE SET status = 'DELETION_SCHEDULED', verified_at = NULL
    RETURNING id`,
  );
}
