import { sql, type TriggerType } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';

export interface PlannedPipelineRow {
  readonly id: number;
  readonly name: string;
  readonly trigger: TriggerType;
  /** Most runs that its location takes at once; null is any number. */
  readonly locationSlots: number | null;
}

/** A pipeline by name or by id; a name of digits wins over an id. */
export const findPlannedPipeline = (
  manager: EntityManager,
  nameOrId: string,
): Promise<PlannedPipelineRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT pipeline.id, pipeline.name, pipeline.trigger_type AS trigger,
      least(location.max_active_runs, location.max_jobs_in_queue) AS "locationSlots"
    FROM pipeline JOIN data_location location ON location.id = pipeline.processing_location_id
    WHERE pipeline.name = ${nameOrId} OR pipeline.id::text = ${nameOrId} ORDER BY pipeline.name = ${nameOrId} DESC LIMIT 1`,
  );
