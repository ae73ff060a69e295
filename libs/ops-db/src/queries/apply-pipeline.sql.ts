import { sql, type PipelineSettings } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/**
 * Creates the pipeline of that name, or changes it and raises its revision; returns its id. A pause of it stays.
 *
 * Its grouping and its location must exist by now.
 */
export async function applyPipeline(
  manager: EntityManager,
  pipeline: PipelineSettings,
  actor: string,
): Promise<number> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    INSERT INTO pipeline
      (name, description, data_grouping_id, processing_location_id, trigger_type, priority, enabled, created_by)
    SELECT ${pipeline.name}, ${pipeline.description}, g.id, l.id, ${pipeline.trigger}, ${pipeline.priority}::integer,
      ${pipeline.enabled ?? true}::boolean, ${actor}
    FROM data_grouping g, data_location l
    WHERE g.name = ${pipeline.grouping} AND l.name = ${pipeline.location}
    ON CONFLICT (name) DO UPDATE SET
      description = excluded.description, data_grouping_id = excluded.data_grouping_id,
      processing_location_id = excluded.processing_location_id, trigger_type = excluded.trigger_type,
      priority = excluded.priority, enabled = excluded.enabled, revision = pipeline.revision + 1, updated_at = now()
    RETURNING id
  `,
  );
  if (row === undefined)
    throw new Error(`pipeline ${pipeline.name} was not stored: its grouping or location is missing`);
  return row.id;
}
