import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import type { CronPipeline } from './list-cron-pipelines.sql.js';

/**
 * Asks for everything that a CRON pipeline misses at `dueAt`, once: false when somebody else has, or when the pipeline was disabled,
 * paused or given another schedule since it was read.
 *
 * One statement: the due time is taken and the request is made, or neither. Who comes second waits for the row and finds the time taken.
 */
export async function fireCron(
  manager: EntityManager,
  pipeline: CronPipeline,
  dueAt: Date,
): Promise<boolean> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH taken AS (
      UPDATE pipeline SET cron_due_at = ${dueAt}
      WHERE id = ${pipeline.id} AND cron_due_at < ${dueAt} AND enabled AND paused_at IS NULL
        AND trigger_config = ${JSON.stringify(pipeline.schedule)}::jsonb
      RETURNING id
    )
    INSERT INTO trigger_request (pipeline_id, requested_by) SELECT id, 'cron' FROM taken RETURNING id
  `,
  );
  return row !== undefined;
}
