import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface AcceptedRemake {
  readonly pipelineId: number;
  /** Its sub-group is run again as any that somebody forces, which makes new products. */
  readonly step: string;
  readonly subGroupId: number;
  /** Runs that wait for the old bytes, which nobody will ever have. */
  readonly waitingRuns: readonly number[];
}

/**
 * Accepts that a recipe makes other bytes now: its sub-group is to be run again, as a new version. Undefined when the request is not `different`, or what it made
 * again is no current result.
 */
export const acceptRemake = (
  manager: EntityManager,
  { id, actor }: { id: number; actor: string },
): Promise<AcceptedRemake | undefined> =>
  queryRow(
    manager,
    sql`
    WITH accepted AS (
      UPDATE rematerialisation asked SET state = 'accepted'
      FROM run JOIN sub_group g ON g.id = run.sub_group_id JOIN reduction_step step ON step.id = run.step_id
      WHERE asked.id = ${id} AND asked.state = 'different' AND run.id = asked.run_id AND g.last_completed_run_id = run.id AND step.retired_at IS NULL
      RETURNING asked.run_id, run.pipeline_id, run.step_id, run.sub_group_id, step.name AS step
    ), forced AS (
      UPDATE sub_group g SET forced_at = now(), forced_by = ${actor} FROM accepted WHERE g.id = accepted.sub_group_id
    ), told AS (
      INSERT INTO sub_group_change (step_id, sub_group_id) SELECT step_id, sub_group_id FROM accepted
    )
    SELECT pipeline_id AS "pipelineId", step, sub_group_id AS "subGroupId", pg_notify('meridian_work', 'evaluate'),
      ARRAY(SELECT DISTINCT waiter.run_id FROM rematerialisation known JOIN rematerialisation_waiter waiter ON waiter.rematerialisation_id = known.id
            JOIN run waiting ON waiting.id = waiter.run_id AND waiting.status = 'PENDING' WHERE known.run_id = accepted.run_id) AS "waitingRuns"
    FROM accepted`,
  );
