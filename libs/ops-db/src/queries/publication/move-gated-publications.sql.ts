import { sql, type PublicationState } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { abandonedCopies } from './abandoned-copies.js';

export interface GateMove {
  readonly id: number;
  readonly from: PublicationState;
  /** The same state: it waits, for these reasons. */
  readonly to: PublicationState;
  readonly reasons: readonly string[];
}

/** Moves publications through their gate, or notes what they wait for and looks again later. One that is rejected gives up its public name. */
export async function moveGatedPublications(
  manager: EntityManager,
  { moves, actor, lookAgainSeconds }: { moves: readonly GateMove[]; actor: string; lookAgainSeconds: number },
): Promise<void> {
  if (moves.length === 0) return;
  await queryRows(
    manager,
    sql`
    WITH moved AS MATERIALIZED (
      SELECT publication.id, item_id, data_location_id, CASE WHEN gate.to_state = 'rejected' THEN path END AS path, gate.from_state, gate.to_state, gate.reasons
      FROM publication
      JOIN jsonb_to_recordset(${JSON.stringify(moves.map(({ id, from, to, reasons }) => ({ id, from_state: from, to_state: to, reasons })))}::jsonb)
        AS gate(id bigint, from_state text, to_state text, reasons jsonb) USING (id)
      WHERE publication.state = gate.from_state
      FOR NO KEY UPDATE OF publication
    ), abandoned AS (${abandonedCopies('moved')})
    UPDATE publication SET state = moved.to_state, path = CASE WHEN moved.to_state <> 'rejected' THEN publication.path END,
      reasons = ARRAY(SELECT jsonb_array_elements_text(moved.reasons)), changed_at = now(), moved_by = ${actor},
      moved_why = coalesce(moved.reasons ->> 0, 'the gate is open'),
      not_before = CASE WHEN moved.to_state = moved.from_state THEN now() + make_interval(secs => ${lookAgainSeconds}) ELSE now() END
    FROM moved WHERE publication.id = moved.id
    RETURNING publication.id`,
  );
}
