import { sql, type KillTarget } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import { lockClaims } from './lock-claims.sql.js';
import { stopKilledRuns } from './stop-killed-runs.sql.js';

export interface KillOrder {
  readonly target: KillTarget;
  readonly reason: string;
  readonly actor: string;
}

/**
 * Stops new work in a scope, asks all of its active runs to stop, and opens the request that is settled by proof. Returns its id.
 *
 * The caller's transaction makes it one act. No manager claims a run while it is open: one that claimed just before has its runs
 * cancelled here, and one that claims afterwards sees the kill. A pipeline or location that was paused before stays so in
 * the name of who paused it.
 */
export async function openKill(transaction: EntityManager, order: KillOrder): Promise<number> {
  await lockClaims(transaction);
  const killId = await insertKill(transaction, order);
  await pause(transaction, killId, order);
  await queryRows(
    transaction,
    sql`
    INSERT INTO kill_site (kill_request_id, location_id)
    SELECT kill.id, location.id
    FROM kill_request kill, data_location location
    WHERE kill.id = ${killId} AND location.kind = 'PROCESSING' AND CASE kill.scope
      WHEN 'run' THEN location.id = (SELECT location_id FROM run WHERE id = kill.run_id)
      -- Where it runs now, and wherever it ever ran: a job that was forgotten before the pipeline moved counts, too.
      WHEN 'pipeline' THEN location.id = (SELECT processing_location_id FROM pipeline WHERE id = kill.pipeline_id)
        OR location.id IN (SELECT location_id FROM run WHERE pipeline_id = kill.pipeline_id)
      WHEN 'location' THEN location.id = kill.location_id
      ELSE true END
  `,
  );
  await stopKilledRuns(transaction, killId);
  return killId;
}

async function insertKill(transaction: EntityManager, { target, reason, actor }: KillOrder): Promise<number> {
  const row = await queryRow<{ id: number }>(
    transaction,
    sql`
    INSERT INTO kill_request (scope, run_id, pipeline_id, location_id, reason, requested_by)
    VALUES (${target.scope}, ${target.scope === 'run' ? target.runId : null}::bigint,
            ${target.scope === 'pipeline' ? target.pipelineId : null}::bigint,
            ${target.scope === 'location' ? target.locationId : null}::bigint, ${reason}, ${actor})
    RETURNING id, pg_notify('meridian_work', 'runs')
  `,
  );
  if (row === undefined) throw new Error('the kill was not stored');
  return row.id;
}

async function pause(transaction: EntityManager, killId: number, order: KillOrder): Promise<void> {
  const { target, actor } = order;
  const reason = `kill ${killId}: ${order.reason}`;
  switch (target.scope) {
    case 'pipeline':
      await queryRows(
        transaction,
        sql`UPDATE pipeline SET paused_at = now(), paused_by = ${actor}, pause_reason = ${reason}, revision = revision + 1, updated_at = now()
            WHERE id = ${target.pipelineId} AND paused_at IS NULL`,
      );
      return;
    case 'location':
      await queryRows(
        transaction,
        sql`UPDATE data_location SET paused_at = now(), paused_by = ${actor}, pause_reason = ${reason}, updated_at = now()
            WHERE id = ${target.locationId} AND paused_at IS NULL`,
      );
      return;
    // One run has nothing to pause; everything is held by the request itself.
    case 'run':
    case 'everything':
      return;
  }
}
