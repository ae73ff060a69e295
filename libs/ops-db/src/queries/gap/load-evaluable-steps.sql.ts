import { sql, type Json, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../../sql.js';

/** A living step with what its evaluation needs, as stored. */
export interface EvaluableStep {
  readonly id: number;
  readonly name: string;
  readonly pipelineId: number;
  readonly pipeline: string;
  readonly filter: Json;
  readonly groupBy: Json;
  readonly inputs: JsonObject;
  readonly upstreamStepIds: readonly number[];
  readonly upstreamPolicy: 'all_current' | 'available';
  readonly parameters: JsonObject;
  readonly configSchema: JsonObject;
  /** As `parseExpectation` reads it; null leaves completeness to min_members. */
  readonly expect: JsonObject | null;
  readonly maxWaitSeconds: number | null;
  readonly associations: readonly Json[];
  /** The document of its recipe. */
  readonly recipe: JsonObject;
  /** How many items the archive holds, about. */
  readonly archiveItems: number;
}

/** The living steps of a pipeline, upstream before downstream. */
export const loadEvaluableSteps = (manager: EntityManager, pipelineId: number): Promise<EvaluableStep[]> =>
  queryPrepared<EvaluableStep>(
    manager,
    sql`
    SELECT step.id, step.name, pipeline.id AS "pipelineId", pipeline.name AS pipeline, data_grouping.filter, step.group_by AS "groupBy", step.inputs,
      ARRAY(SELECT upstream_step_id FROM reduction_step_dependency d WHERE d.step_id = step.id ORDER BY 1) AS "upstreamStepIds",
      step.upstream_policy AS "upstreamPolicy", config.parameters, version.config_schema AS "configSchema",
      step.expect, step.max_wait_seconds AS "maxWaitSeconds", step.associations, recipe.document AS recipe,
      (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'data_item'::regclass) AS "archiveItems"
    FROM reduction_step step
    JOIN pipeline ON pipeline.id = step.pipeline_id
    JOIN data_grouping ON data_grouping.id = pipeline.data_grouping_id
    JOIN reduction_step_config config ON config.id = step.config_id
    JOIN recipe ON recipe.hash = step.recipe_hash
    JOIN reduction_software_version version ON version.id = step.software_version_id
    WHERE step.retired_at IS NULL AND pipeline.id = ${pipelineId}
    ORDER BY step.position`,
  );
