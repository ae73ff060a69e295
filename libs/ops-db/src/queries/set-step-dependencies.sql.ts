import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface DependencyName {
  readonly step: string;
  readonly upstream: string;
}

/** Makes these the only dependencies between the steps of a pipeline; those that are there already are not touched. */
export async function setStepDependencies(
  manager: EntityManager,
  pipelineId: number,
  dependencies: readonly DependencyName[],
): Promise<void> {
  await queryRows(
    manager,
    sql`
    WITH wanted AS (
      SELECT step.id AS step_id, upstream.id AS upstream_step_id
      FROM unnest(${dependencies.map((one) => one.step)}::text[], ${dependencies.map((one) => one.upstream)}::text[]) AS name (step, upstream)
      JOIN reduction_step step ON step.pipeline_id = ${pipelineId} AND step.name = name.step AND step.retired_at IS NULL
      JOIN reduction_step upstream ON upstream.pipeline_id = ${pipelineId} AND upstream.name = name.upstream AND upstream.retired_at IS NULL
    ), dropped AS (
      DELETE FROM reduction_step_dependency d
      USING reduction_step step
      WHERE step.id = d.step_id AND step.pipeline_id = ${pipelineId}
        AND (d.step_id, d.upstream_step_id) NOT IN (SELECT step_id, upstream_step_id FROM wanted)
    )
    INSERT INTO reduction_step_dependency (step_id, upstream_step_id)
    SELECT step_id, upstream_step_id FROM wanted
    ON CONFLICT DO NOTHING
  `,
  );
}
