import { sql, type PipelineSettings, type PipelineTrigger, type TriggerType } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/**
 * Creates the pipeline of that name, or changes it and raises its revision; returns its id. A pause of it stays.
 *
 * Its grouping and its location must exist by now. A schedule that is new to it begins now: what would have been due before is not
 * made up for.
 */
export async function applyPipeline(
  manager: EntityManager,
  pipeline: PipelineSettings,
  actor: string,
): Promise<number> {
  const trigger = storedTrigger(pipeline.trigger);
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    INSERT INTO pipeline
      (name, description, data_grouping_id, processing_location_id, trigger_type, trigger_config, cron_due_at, priority, enabled, created_by)
    SELECT ${pipeline.name}, ${pipeline.description}, g.id, l.id, ${trigger.type}, ${trigger.config}::jsonb,
      CASE WHEN ${trigger.config}::jsonb IS NOT NULL THEN now() END, ${pipeline.priority}::integer, ${pipeline.enabled ?? true}::boolean, ${actor}
    FROM data_grouping g, data_location l
    WHERE g.name = ${pipeline.grouping} AND l.name = ${pipeline.location}
    ON CONFLICT (name) DO UPDATE SET
      description = excluded.description, data_grouping_id = excluded.data_grouping_id,
      processing_location_id = excluded.processing_location_id, trigger_type = excluded.trigger_type,
      trigger_config = excluded.trigger_config,
      cron_due_at = CASE WHEN pipeline.trigger_config = excluded.trigger_config THEN pipeline.cron_due_at ELSE excluded.cron_due_at END,
      priority = excluded.priority, enabled = excluded.enabled, revision = pipeline.revision + 1, updated_at = now()
    RETURNING id
  `,
  );
  if (row === undefined)
    throw new Error(`pipeline ${pipeline.name} was not stored: its grouping or location is missing`);
  return row.id;
}

/** A trigger as the columns trigger_type and trigger_config hold it. */
function storedTrigger(trigger: PipelineTrigger): {
  readonly type: TriggerType;
  readonly config: string | null;
} {
  if (typeof trigger === 'string') return { type: trigger, config: null };
  const { cron: expression, timezone } = trigger;
  return { type: 'CRON', config: JSON.stringify({ expression, timezone }) };
}
